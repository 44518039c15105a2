package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// check is one thing to find out.
type check struct {
	name string
	// local checks ask no cluster.
	local bool
	run   func(ctx context.Context, e *examination, v *verdict)
}

// checks in the order in which they are shown: what runs here, then the cluster, from what
// everything needs to what few do.
var checks = []check{
	{"plugin", true, plugin},
	{"plugins on PATH", true, plugins},
	{"kubectl", true, kubectl},
	{"completion", true, shim},
	{server, false, apiServer},
	{"definitions", false, definitions},
	{"agent", false, agent},
	{"installation", false, installation},
	{"your permissions", false, yourPermissions},
	{"agent's permissions", false, agentPermissions},
	{"other controller", false, otherController},
	{"webhooks", false, webhooks},
}

// server is the name of the check without which no other can ask the cluster.
const server = "API server"

// parallel bounds the checks at work, and the requests of one.
const parallel = 8

// examination is what checks share while they run.
type examination struct {
	*Options
	namespace string
	client    dynamic.Interface
	// unreachable is why nothing can be asked; set by the check of the server.
	unreachable error
	// found memoizes what more than one check reads.
	found struct {
		agent, crds sync.Once
		agents      agentState
		definitions []definition
	}

	mu      sync.Mutex
	running map[string]bool
}

// examine runs all checks. The cluster is asked for more only once it has answered: a dozen
// checks that time out one like the other say no more than one.
func (e *examination) examine(ctx context.Context) []Result {
	results := make([]Result, len(checks))
	run := func(wanted func(check) bool) {
		var group errgroup.Group
		group.SetLimit(parallel)
		for i, c := range checks {
			if !wanted(c) {
				continue
			}
			group.Go(func() error {
				e.mark(c.name, true)
				defer e.mark(c.name, false)
				v := &verdict{}
				c.run(ctx, e, v)
				results[i] = v.result(c.name)
				return nil
			})
		}
		_ = group.Wait() // checks have findings, not errors
	}
	run(func(c check) bool { return c.local || c.name == server })
	if e.unreachable == nil {
		run(func(c check) bool { return !c.local && c.name != server })
		return results
	}
	for i, c := range checks {
		if results[i].Check == "" {
			results[i] = Result{Check: c.name, Status: Unknown, Found: "not asked: the API server gives no answer"}
		}
	}
	return results
}

// mark keeps the names of the checks at work, for a person who waits.
func (e *examination) mark(name string, running bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if running {
		e.running[name] = true
	} else {
		delete(e.running, name)
	}
}

// unread adds the finding for what could not be read, with the verb that is missing.
func (e *examination) unread(v *verdict, verb string, resource schema.GroupVersionResource, namespace string, err error) {
	what := resource.GroupResource().String()
	where, flag := "", "" // a kind without namespaces
	if namespace != "" {
		where, flag = " in namespace "+namespace, " -n "+namespace
	}
	switch {
	case apierrors.IsForbidden(err):
		v.addf(Unknown, fmt.Sprintf("kubectl auth can-i %s %s%s", verb, what, flag), "cannot be found out without permission to %s %s%s", verb, what, where)
	case errors.Is(err, context.DeadlineExceeded):
		v.addf(Unknown, "", "no answer in time to %s %s%s", verb, what, where)
	default:
		v.addf(Unknown, "", "cannot %s %s%s: %s", verb, what, where, strings.TrimSpace(e.Words(err)))
	}
}

// The resources that checks read.
var (
	deployments    = schema.GroupVersionResource{Group: "apps", Version: "v1", Resource: "deployments"}
	pods           = schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	services       = schema.GroupVersionResource{Version: "v1", Resource: "services"}
	endpointSlices = schema.GroupVersionResource{Group: "discovery.k8s.io", Version: "v1", Resource: "endpointslices"}
	leases         = schema.GroupVersionResource{Group: "coordination.k8s.io", Version: "v1", Resource: "leases"}
	crdResource    = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	selfReview     = schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "selfsubjectaccessreviews"}
	othersReview   = schema.GroupVersionResource{Group: "authorization.k8s.io", Version: "v1", Resource: "subjectaccessreviews"}
)
