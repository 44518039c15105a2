package follow

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/collect"
)

var workloads = v1alpha1.GroupVersion.WithResource("workloads")

// workload is one of two steps, whose states are Ready's status and reason.
func workload(generation int, owner, build, run string) *unstructured.Unstructured {
	condition := func(state string) string {
		status, reason, _ := strings.Cut(state, "/")
		return fmt.Sprintf(`[{type: Ready, status: "%s", reason: "%s", message: why}]`, status, reason)
	}
	return parse(fmt.Sprintf(`
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop, generation: %d}
status:
  observedGeneration: 1
  supplyChainRef: {kind: ClusterSupplyChain, name: chain}
  conditions: %s
  resources:
    - name: build
      conditions: %s
      stampedRef: {apiVersion: batch/v1, kind: Job, namespace: shop, name: build, resource: jobs.batch}
    - {name: run, conditions: %s, inputs: [{name: build}]}
`, generation, condition(owner), condition(build), condition(run)))
}

func parse(text string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	data, err := yaml.YAMLToJSON([]byte(text))
	if err == nil {
		err = u.UnmarshalJSON(data)
	}
	if err != nil {
		panic(err)
	}
	return u
}

var (
	waiting = workload(1, "Unknown/Waiting", "Unknown/Waiting", "False/TemplateStampFailure")
	halfway = workload(1, "Unknown/Waiting", "True/Ready", "Unknown/Waiting")
	ready   = workload(1, "True/Ready", "True/Ready", "True/Ready")
	old     = workload(2, "True/Ready", "True/Ready", "True/Ready")
	failed  = workload(1, "False/Broken", "False/Broken", "False/TemplateStampFailure")
	late    = workload(1, "False/Broken", "True/Ready", "False/Broken")

	job  = parse(`{apiVersion: batch/v1, kind: Job, metadata: {name: build, namespace: shop, uid: j}}`)
	pod  = parse(`{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, ownerReferences: [{uid: j}]}, status: {phase: Running}}`)
	lost = parse(`{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, ownerReferences: [{uid: j}]}, status: {phase: Pending, conditions: [{type: PodScheduled, status: "False", reason: Unschedulable}]}}`)
)

// TestRun runs in a bubble, whose clock jumps when everything waits.
func TestRun(t *testing.T) {
	type change struct {
		after time.Duration
		to    *unstructured.Unstructured
	}
	both := Options{UntilReady: true, FailGrace: 5 * time.Second, StalledAfter: 5 * time.Minute, Timeout: 10 * time.Minute}
	build := Options{UntilStep: "build", FailGrace: 5 * time.Second, Timeout: 10 * time.Minute}
	for reason, tc := range map[string]struct {
		options Options
		objects []runtime.Object
		changes []change
		// want is the error, and took how long it took to the second.
		want string
		took time.Duration
	}{
		"ready already":                 {both, []runtime.Object{ready}, nil, "", 0},
		"ready of an older generation":  {both, []runtime.Object{old}, nil, "stalled: nothing changed for 5m0s: Outdated: the status is of generation 1, the Workload of generation 2", 5 * time.Minute},
		"becomes ready":                 {both, []runtime.Object{waiting}, []change{{time.Minute, ready}}, "", time.Minute},
		"failed holds":                  {both, []runtime.Object{failed}, nil, "failed: step build: Broken: why", 5 * time.Second},
		"a failure that passes":         {both, []runtime.Object{failed}, []change{{4 * time.Second, waiting}, {10 * time.Second, ready}}, "", 14 * time.Second},
		"nothing changes":               {both, []runtime.Object{waiting}, nil, "stalled: nothing changed for 5m0s: step build: Waiting: why", 5 * time.Minute},
		"each change counts":            {both, []runtime.Object{waiting}, []change{{4 * time.Minute, halfway}}, "stalled: nothing changed for 5m0s: step run: Waiting: why", 9 * time.Minute},
		"a build pod is at work":        {both, []runtime.Object{waiting, job, pod}, nil, "not ready after 10m0s, still running: step build: Waiting: why", 10 * time.Minute},
		"a build pod that never starts": {both, []runtime.Object{waiting, job, lost}, nil, "stalled: nothing changed for 5m0s: step build: Waiting: why", 5 * time.Minute},
		"failed as time is over":        {Options{UntilReady: true, FailGrace: time.Hour, Timeout: time.Minute}, []runtime.Object{failed}, nil, "not ready after 1m0s, failed: step build: Broken: why", time.Minute},
		"the step is ready":             {build, []runtime.Object{waiting}, []change{{time.Second, halfway}}, "", time.Second},
		"a later step has failed":       {build, []runtime.Object{late}, nil, "", 0},
		"an earlier step has failed":    {Options{UntilStep: "run", FailGrace: 5 * time.Second}, []runtime.Object{failed}, nil, "failed: step build: Broken: why", 5 * time.Second},
		"the step is not ready in time": {build, []runtime.Object{waiting}, nil, "step build is not ready after 10m0s, still running: step build: Waiting: why", 10 * time.Minute},
		"no such step":                  {Options{UntilStep: "x"}, []runtime.Object{waiting}, nil, `workload cart has no step "x"; it has: build, run`, 0},
		"deleted":                       {Options{UntilDeleted: true}, []runtime.Object{ready}, []change{{time.Second, nil}}, "", time.Second},
		"not deleted":                   {Options{UntilDeleted: true, Timeout: time.Minute}, []runtime.Object{ready}, nil, "not deleted after 1m0s; a finalizer may hold it", time.Minute},
		"deleted while waiting":         {both, []runtime.Object{waiting}, []change{{time.Second, nil}}, `workloads.carto.run "cart" not found`, time.Second},
	} {
		t.Run(reason, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
					{Version: "v1", Resource: "pods"}: "PodList",
				}, tc.objects...)
				o := tc.options
				o.Client, o.Ref = client, collect.OwnerRef{Kind: v1alpha1.KindWorkload, Namespace: "shop", Name: "cart"}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() {
					for _, c := range tc.changes {
						time.Sleep(c.after)
						var err error
						if c.to == nil {
							err = client.Resource(workloads).Namespace("shop").Delete(ctx, "cart", metav1.DeleteOptions{})
						} else {
							_, err = client.Resource(workloads).Namespace("shop").Update(ctx, c.to, metav1.UpdateOptions{})
						}
						if err != nil {
							t.Error(err)
						}
					}
				}()
				begun, got := time.Now(), ""
				if err := Run(ctx, o); err != nil {
					got = err.Error()
				}
				if got != tc.want {
					t.Errorf("got %q, want %q", got, tc.want)
				}
				if took := time.Since(begun).Round(time.Second); took != tc.took {
					t.Errorf("it took %s, want %s", took, tc.took)
				}
			})
		})
	}
}

func TestRunInterrupted(t *testing.T) {
	client := fake.NewSimpleDynamicClient(runtime.NewScheme(), waiting)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := Run(ctx, Options{Client: client, Ref: collect.OwnerRef{Kind: v1alpha1.KindWorkload, Namespace: "shop", Name: "cart"}, UntilReady: true})
	if err != context.Canceled {
		t.Errorf("got %v", err)
	}
}
