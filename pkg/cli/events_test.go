package cli

import (
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
)

// eventful is a workload whose build fails, with events of both APIs about it, its job and
// the pod, and some that are of no concern.
const eventful = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: till, namespace: shop, uid: w, generation: 1}
status:
  observedGeneration: 1
  supplyChainRef: {kind: ClusterSupplyChain, name: none}
  resources:
    - {name: build, stampedRef: {apiVersion: batch/v1, kind: Job, namespace: shop, name: till, resource: jobs.batch}}
    - {name: deploy, stampedRef: {apiVersion: v1, kind: ConfigMap, namespace: prod, name: till, resource: configmaps}}
---
{apiVersion: batch/v1, kind: Job, metadata: {name: till, namespace: shop, uid: j}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: till, namespace: prod, uid: c}}
---
{apiVersion: v1, kind: Pod, metadata: {name: till-1, namespace: shop, uid: p, ownerReferences: [{uid: j}]}}
---
apiVersion: v1
kind: Event
metadata: {name: repeated, namespace: shop, uid: e1, managedFields: [{manager: x}]}
involvedObject: {kind: Pod, namespace: shop, name: till-1, uid: p}
type: Warning
reason: BackOff
message: "back-off\nrestarting \x1b[31mfailed\x1b[0m container, for a reason that is longer than a terminal is wide"
count: 12
source: {component: kubelet}
firstTimestamp: "2026-01-01T00:10:00Z"
lastTimestamp: "2026-01-01T00:50:00Z"
---
apiVersion: v1
kind: Event
metadata: {name: series, namespace: shop, uid: e2}
involvedObject: {kind: Pod, namespace: shop, name: till-1, uid: p}
type: Normal
reason: Scheduled
message: assigned
lastTimestamp: null
eventTime: "2026-01-01T00:05:00.000000Z"
series: {count: 3, lastObservedTime: "2026-01-01T00:20:00.000000Z"}
reportingComponent: scheduler
---
apiVersion: v1
kind: Event
metadata: {name: once, namespace: shop, uid: e3}
involvedObject: {kind: Job, namespace: shop, name: till, uid: j}
type: Normal
reason: SuccessfulCreate
message: "Created pod: till-1"
lastTimestamp: null
eventTime: "2026-01-01T00:04:00.000000Z"
---
apiVersion: v1
kind: Event
metadata: {name: owner, namespace: shop, uid: e4}
involvedObject: {kind: Workload, namespace: shop, name: till, uid: w}
type: Normal
reason: StampedObjectApplied
message: Created object [jobs.batch/till]
lastTimestamp: "2026-01-01T00:03:00Z"
---
apiVersion: v1
kind: Event
metadata: {name: elsewhere, namespace: prod, uid: e5}
involvedObject: {kind: ConfigMap, namespace: prod, name: till, uid: c}
type: Warning
reason: Odd
message: ""
lastTimestamp: "2026-01-01T00:40:00Z"
---
apiVersion: v1
kind: Event
metadata: {name: namesake, namespace: shop, uid: e6}
involvedObject: {kind: Pod, namespace: shop, name: till-1, uid: of-a-pod-before}
type: Warning
reason: Old
message: not this one
lastTimestamp: "2026-01-01T00:41:00Z"
`

func TestEvents(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args string
		code int
	}{
		"events":         {"workload events till", 0},
		"events-wide":    {"workload events till -o wide --types Warning", 0},
		"events-since":   {"workload events till --since 30m --no-headers", 0},
		"events-step":    {"workload events till --step deploy", 0},
		"events-name":    {"workload events till -o name --step build", 0},
		"events-json":    {"workload events till -o json --types Warning --step build", 0},
		"events-empty":   {"workload events till --since 1s", 0},
		"events-no-step": {"workload events till --step x", 1},
		"events-none":    {"workload events nope", 1},
		"events-near":    {"workload events tilt", 1},
	} {
		for _, tty := range []bool{false, true} {
			file := name + ".golden"
			if tty {
				file = name + ".tty.golden"
			}
			t.Run(file, func(t *testing.T) {
				t.Parallel()
				var all []runtime.Object
				for _, text := range strings.Split(eventful, "\n---\n") {
					all = append(all, decode(t, text))
				}
				f, out, errOut := newFactory(t, tty, all...)
				if code := Run(t.Context(), f, strings.Fields(tc.args)); code != tc.code {
					t.Errorf("exit code %d, want %d", code, tc.code)
				}
				golden(t, file, fmt.Sprintf("%s-- stderr --\n%s", out, errOut))
			})
		}
	}
}
