package install

import (
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"
)

const agentPod = `
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: elsewhere, labels: {app.kubernetes.io/name: carto-agent}}
spec: {containers: [{name: agent, image: "registry.example/agent:1"}]}
`

// TestReadRollout: how far the agent is, and the first thing that is in its way.
func TestReadRollout(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		reason, status, pod, want string
		done                      bool
	}{
		{"nobody has looked", `{observedGeneration: 1}`, "", "the cluster has not looked at it yet", false},
		{"no pod yet", `{observedGeneration: 2}`, "", "0 of 2 pods ready", false},
		{"a quota", `{observedGeneration: 2, conditions: [{type: ReplicaFailure, status: "True", reason: FailedCreate, message: exceeded quota}]}`, "", "0 of 2 pods ready: FailedCreate: exceeded quota", false},
		{"an image", `{observedGeneration: 2, replicas: 2, updatedReplicas: 2}`,
			`{containerStatuses: [{name: agent, state: {waiting: {reason: ImagePullBackOff, message: Back-off pulling image}}}]}`,
			"0 of 2 pods ready: ImagePullBackOff: container agent: Back-off pulling image", false},
		{"it ends again and again", `{observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 1}`,
			`{containerStatuses: [{name: agent, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 2, reason: Error}}}]}`,
			"1 of 2 pods ready: CrashLoopBackOff: container agent keeps ending, last with exit code 2 (Error)", false},
		{"no node", `{observedGeneration: 2, replicas: 2, updatedReplicas: 2}`,
			`{conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: 0/3 nodes are available}]}`,
			"0 of 2 pods ready: Unschedulable: 0/3 nodes are available", false},
		{"the old one still runs", `{observedGeneration: 2, replicas: 3, updatedReplicas: 1, readyReplicas: 2, availableReplicas: 2}`, "", "1 of 2 pods ready", false},
		{"done", `{observedGeneration: 2, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2}`, "", "2 of 2 pods ready", true},
	} {
		t.Run(tc.reason, func(t *testing.T) {
			t.Parallel()
			var objects []runtime.Object
			all, err := Objects(testConfig())
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range all {
				if o.GetKind() == "Deployment" {
					o.SetGeneration(2)
					withStatus(t, o, tc.status)
					objects = append(objects, o)
				}
			}
			if tc.pod != "" {
				pod := &unstructured.Unstructured{}
				if err := yaml.Unmarshal([]byte(agentPod), &pod.Object); err != nil {
					t.Fatal(err)
				}
				withStatus(t, pod, tc.pod)
				objects = append(objects, pod)
			}
			client := fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{pods: "PodList", deployments: "DeploymentList"}, objects...)
			got, err := ReadRollout(t.Context(), client, "elsewhere")
			if err != nil || got.String() != tc.want || got.Done != tc.done {
				t.Errorf("%q, done %v, %v; want %q", got, got.Done, err, tc.want)
			}
		})
	}
}

// withStatus gives an object a status, with whole numbers as a cluster has them.
func withStatus(t *testing.T, o *unstructured.Unstructured, status string) {
	t.Helper()
	var fields map[string]any
	if err := yaml.Unmarshal([]byte(status), &fields); err != nil {
		t.Fatal(err)
	}
	o.Object["status"] = fields
	text, err := o.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	if err := o.UnmarshalJSON(text); err != nil {
		t.Fatal(err)
	}
}
