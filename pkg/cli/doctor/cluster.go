package doctor

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/sync/errgroup"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilversion "k8s.io/apimachinery/pkg/util/version"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/install"
)

// The API servers that the definitions and the client are made for. Before the oldest,
// optionalOldSelf in the rules of the definitions is unknown. Newer ones than client-go
// probably work, and nobody has tried.
var (
	oldestServer = utilversion.MajorMinor(1, 30)
	newestServer = utilversion.MajorMinor(1, 37)
)

// apiServer finds out whether there is anything to ask.
func apiServer(ctx context.Context, e *examination, v *verdict) {
	client, err := e.Client()
	said := ""
	if err == nil {
		e.client = client
		said, err = e.ServerVersion(ctx)
	}
	if err != nil {
		e.unreachable = err
		remedy := ""
		said, other := strings.CutSuffix(e.Words(err), cmdutil.OtherContext)
		if other { // all other faults come with what to do
			remedy = strings.TrimPrefix(cmdutil.OtherContext, "See ")
		}
		v.addf(Failure, remedy, "%s", strings.TrimRight(said, "; "))
		return
	}
	parsed, err := utilversion.ParseGeneric(said)
	switch {
	case err != nil:
		v.addf(Unknown, "", "%s says that it is %q, which is no version", e.Server(), said)
	case utilversion.MajorMinor(parsed.Major(), parsed.Minor()).LessThan(oldestServer):
		v.addf(Failure, "upgrade the cluster", "%s at %s is too old: Carto needs %s", said, e.Server(), oldestServer)
	case newestServer.LessThan(utilversion.MajorMinor(parsed.Major(), parsed.Minor())):
		v.addf(Warning, "look for a newer version of Carto", "%s at %s is newer than this plugin was tested with: %s to %s", said, e.Server(), oldestServer, newestServer)
	default:
		v.addf(OK, "", "%s at %s", said, e.Server())
	}
}

// definition is one kind of ours as the cluster knows it.
type definition struct {
	name string
	ours *apiextensionsv1.CustomResourceDefinition
	live *unstructured.Unstructured // nil when it is absent or err is set
	err  error
}

// readDefinitions reads the definitions of our kinds, once for all checks.
func (e *examination) readDefinitions(ctx context.Context) []definition {
	e.found.crds.Do(func() {
		wanted, err := install.Definitions()
		if err != nil {
			e.found.definitions = []definition{{err: err}}
			return
		}
		found := make([]definition, len(wanted))
		var group errgroup.Group
		group.SetLimit(parallel)
		for i, w := range wanted {
			found[i].name, found[i].ours = w.Name, w
			group.Go(func() error {
				live, err := e.client.Resource(crdResource).Get(ctx, w.Name, metav1.GetOptions{})
				switch {
				case err == nil:
					found[i].live = live
				case !apierrors.IsNotFound(err):
					found[i].err = err
				}
				return nil
			})
		}
		_ = group.Wait() // errors are in the records
		e.found.definitions = found
	})
	return e.found.definitions
}

// definitions compares the kinds of the cluster with those that this plugin would install.
func definitions(ctx context.Context, e *examination, v *verdict) {
	remedy := e.Program + " install --crds-only"
	found := e.readDefinitions(ctx)
	var absent, unserved, differ []string
	for _, d := range found {
		switch {
		case d.err != nil:
			if e.servedAtLeast(ctx, v) {
				v.addf(OK, "", "%s is served", v1alpha1.GroupVersion)
			}
			e.unread(v, "get", crdResource, "", d.err)
			return
		case d.live == nil:
			absent = append(absent, d.name)
			continue
		}
		matches, serves, err := install.MatchDefinition(d.ours, d.live)
		switch {
		case err != nil:
			v.addf(Unknown, "", "%s cannot be compared: %v", d.name, err)
		case !serves:
			unserved = append(unserved, d.name)
		case !matches:
			differ = append(differ, d.name)
		}
	}
	switch {
	case len(absent) == len(found):
		v.addf(Failure, e.Program+" install", "the cluster does not know %s", v1alpha1.GroupVersion)
		return
	case len(absent) > 0:
		v.addf(Failure, remedy, "missing: %s", strings.Join(absent, ", "))
	}
	if len(unserved) > 0 {
		v.addf(Failure, remedy, "%s is not served for %s", v1alpha1.GroupVersion.Version, strings.Join(unserved, ", "))
	}
	if len(differ) > 0 {
		v.addf(Warning, remedy, "%s from those of this plugin: %s", differs(len(differ), len(found)), strings.Join(differ, ", "))
	}
	if v.status == "" || v.status == OK {
		v.addf(OK, "", "%d kinds of %s, as this plugin has them", len(found), v1alpha1.GroupVersion)
	}
}

func differs(n, all int) string {
	if n == all {
		return fmt.Sprintf("all %d differ (another version of Carto, or the original Cartographer, installed them)", all)
	}
	return fmt.Sprintf("%d of %d differ", n, all)
}

// servedAtLeast finds out, without reading definitions, that our kinds can be listed.
func (e *examination) servedAtLeast(ctx context.Context, v *verdict) bool {
	_, err := e.client.Resource(v1alpha1.GroupVersion.WithResource("clustersupplychains")).List(ctx, metav1.ListOptions{Limit: 1})
	if collect.MissingKind(err) {
		v.addf(Failure, e.Program+" install", "the cluster does not know %s", v1alpha1.GroupVersion)
	}
	return err == nil || apierrors.IsForbidden(err)
}
