//go:build linux

package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/test/harness"
)

// leader is the pod whose agent does the work: the lease names it, and it says so itself.
func (w *world) leader(t *testing.T) corev1.Pod {
	t.Helper()
	var leader corev1.Pod
	w.eventually(t, func(ctx context.Context) error {
		name, err := w.holder(ctx)
		if err != nil {
			return err
		}
		for _, pod := range w.agents(t) {
			if pod.Name != name {
				continue
			}
			metrics, err := get(ctx, pod, 8080, "/metrics")
			if err != nil {
				return err
			}
			if !strings.Contains(metrics, "\ncarto_leader 1\n") {
				return fmt.Errorf("pod %s has the lease, but does not work yet", name)
			}
			leader = pod
			return nil
		}
		return fmt.Errorf("the lease is held by %q, which is none of the pods", name)
	})
	return leader
}

// holder is the name of the pod that the lease names; empty if it was given back.
func (w *world) holder(ctx context.Context) (string, error) {
	lease, err := w.client.CoordinationV1().Leases(namespace).Get(ctx, "carto-agent", metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	if lease.Spec.HolderIdentity == nil {
		return "", nil
	}
	name, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
	return name, nil
}

// deleteLeader deletes the leader's pod while it works, as a drained node does.
func (w *world) deleteLeader(t *testing.T) {
	old := w.leader(t)
	w.kubectl(t, "carto", "workload", "apply", "cart", "-n", "shop", "--param", "revision=r3", "--yes")
	begin := time.Now()
	if err := w.client.CoreV1().Pods(namespace).Delete(t.Context(), old.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	next := w.leader(t)
	t.Logf("%s took over from %s after %s", next.Name, old.Name, time.Since(begin).Round(10*time.Millisecond))
	if next.Name == old.Name {
		t.Errorf("the lease is still held by the pod that was deleted")
	}
	w.serves(t, "r3")
	w.ship(t, "r4")
	w.ran(t, "r1", "broken", "r2", "r3", "r4")
	w.kubectl(t, "rollout", "status", "deployment/carto-agent", "-n", namespace, "--timeout", patience.String())
}

// killLeader ends the leader's process at once, as the kernel does for want of memory: the lease is not given back.
func (w *world) killLeader(t *testing.T) {
	old := w.leader(t)
	begin := time.Now()
	if err := syscall.Kill(process(t, old), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	w.kubectl(t, "carto", "workload", "apply", "cart", "-n", "shop", "--param", "revision=r5", "--yes")
	w.eventually(t, func(ctx context.Context) error {
		pod, err := w.client.CoreV1().Pods(namespace).Get(ctx, old.Name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if s := pod.Status.ContainerStatuses; len(s) != 1 || s[0].RestartCount != 1 || !s[0].Ready {
			return fmt.Errorf("the killed agent is not back: %+v", s)
		}
		return nil
	})
	w.serves(t, "r5")
	next := w.leader(t)
	t.Logf("%s works, %s after the agent of %s was killed", next.Name, time.Since(begin).Round(10*time.Millisecond), old.Name)
	w.ran(t, "r1", "broken", "r2", "r3", "r4", "r5")
}

// agent is who the agent is for the API server; what it writes as the owner's service account is counted too.
const agent = "system:serviceaccount:" + namespace + ":carto-agent"

// upgrade installs the newer version with the newer plugin while a workload rests. The new agents take up everything as it is:
// they write nothing but their lease. Then they work.
func (w *world) upgrade(t *testing.T) {
	rest := w.versions(t)
	mark, err := w.cp.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.plugin = after
	out := w.kubectl(t, "carto", "install")
	if want := fmt.Sprintf("from %s to %s", before, after); !strings.Contains(out, want) {
		t.Errorf("install does not say %q", want)
	}
	pods := w.agents(t)
	if len(pods) != 2 {
		t.Errorf("%d pods of the agent, want 2", len(pods))
	}
	for _, pod := range pods {
		if image := pod.Spec.Containers[0].Image; image != newImage {
			t.Errorf("pod %s runs %s, want %s", pod.Name, image, newImage)
		}
	}
	w.settled(t, w.leader(t))

	requests, err := w.cp.Requests(t.Context(), harness.Filter{User: agent, Verbs: harness.Writes, Since: mark})
	if err != nil {
		t.Fatal(err)
	}
	leases := 0
	for _, r := range requests {
		if r.Resource == "leases" {
			leases++
			continue
		}
		t.Errorf("the agent wrote at %s: %s %s (as %s) by %s: %d", r.Time.Format(time.TimeOnly), r.Verb, r.URI, r.ImpersonatedUser, r.UserAgent, r.Code)
	}
	if leases == 0 {
		t.Errorf("not even a lease was written by %s: nothing is seen of it", agent)
	}
	for object, version := range w.versions(t) {
		if rest[object] != version {
			t.Errorf("%s was written: resourceVersion %s, before %q", object, version, rest[object])
		}
		delete(rest, object)
	}
	for object := range rest {
		t.Errorf("%s is gone", object)
	}
	t.Logf("from %s to %s: %d writes of the lease, and no other by the agent", before, after, leases)
	w.ship(t, lastRevision)
	w.ran(t, "r1", "broken", "r2", "r3", "r4", "r5", lastRevision)
	w.doctor(t)
}

// settled waits until an agent has looked at every owner, and has nothing left to do.
func (w *world) settled(t *testing.T, pod corev1.Pod) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		metrics, err := get(ctx, pod, 8080, "/metrics")
		if err != nil {
			return err
		}
		for _, want := range []string{"carto_queue_depth 0", "carto_statuses_waiting 0"} {
			if !strings.Contains(metrics, "\n"+want+"\n") {
				return fmt.Errorf("the agent does not rest: want %s", want)
			}
		}
		if !strings.Contains(metrics, "\n"+`carto_pass_duration_seconds_count{kind="Workload"} `) {
			return errors.New("the agent has not looked at the workload yet")
		}
		return nil
	})
}

// versions are the resourceVersions of all that Carto reads and writes. Those of pods are left out: nodes report about them.
func (w *world) versions(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, kind := range []schema.GroupVersionResource{
		{Group: "carto.run", Version: "v1alpha1", Resource: "workloads"},
		{Group: "carto.run", Version: "v1alpha1", Resource: "clustersupplychains"},
		{Group: "carto.run", Version: "v1alpha1", Resource: "clusterconfigtemplates"},
		{Group: "carto.run", Version: "v1alpha1", Resource: "clustertemplates"},
		{Group: "batch", Version: "v1", Resource: "jobs"},
		{Group: "apps", Version: "v1", Resource: "deployments"},
	} {
		list, err := w.any.Resource(kind).List(t.Context(), metav1.ListOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range list.Items {
			if u.GetNamespace() != namespace {
				all[kind.Resource+"/"+u.GetName()] = u.GetResourceVersion()
			}
		}
	}
	return all
}
