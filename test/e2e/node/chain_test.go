//go:build linux

package node

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	_ "embed"

	"github.com/carto-run/carto/test/harness"
)

//go:embed testdata/shop.yaml
var shop string

// lastRevision is what runs at the end.
const lastRevision = "r6"

// chain ships a first revision: a Job tests it, and then two pods serve it.
func (w *world) chain(t *testing.T) {
	harness.ApplyYAML(t, w.cp.Config, "shop", shop)
	w.kubectl(t, "carto", "workload", "create", "cart", "-n", "shop", "--type", "tested", "--param", "revision=r1", "--yes")
	w.kubectl(t, "carto", "workload", "wait", "cart", "-n", "shop")
	w.ran(t, "r1")
	w.serves(t, "r1")
	w.kubectl(t, "carto", "tree", "workload/cart", "-n", "shop")
}

// ship changes the revision and waits until it runs.
func (w *world) ship(t *testing.T, revision string) {
	t.Helper()
	w.kubectl(t, "carto", "workload", "apply", "cart", "-n", "shop", "--param", "revision="+revision, "--yes", "--wait")
	w.serves(t, revision)
}

// logs reads real ones: of the stamped pods by step, and of the agent.
func (w *world) logs(t *testing.T) {
	out := w.kubectl(t, "carto", "workload", "tail", "cart", "-n", "shop", "--since", "0", "--until", "ready")
	for _, want := range []string{"[test] testing r1", "[test] passed: r1 is ", "[web] serving r1"} {
		if !strings.Contains(out, want) {
			t.Errorf("tail does not show %q", want)
		}
	}
	for line := range strings.Lines(out) {
		if strings.Contains(line, "testing r1") && !strings.HasPrefix(line, "test/cart-test-") {
			t.Errorf("the line %q does not begin with its step and its pod", line)
		}
	}
	leader := w.leader(t)
	if log := w.kubectl(t, "logs", "-n", namespace, leader.Name); !strings.Contains(log, "version="+before) {
		t.Errorf("the log of pod %s does not say version=%s", leader.Name, before)
	}
}

// failingRun breaks the revision, and repairs it. The Deployment never sees the broken one.
func (w *world) failingRun(t *testing.T) {
	w.kubectl(t, "carto", "workload", "apply", "cart", "-n", "shop", "--param", "revision=broken", "--yes")
	out, err := w.tryKubectl(t.Context(), "carto", "workload", "tail", "cart", "-n", "shop", "--since", "0", "--step", "test", "--until", "ready")
	t.Logf("$ kubectl carto workload tail cart -n shop --step test --until ready\n%s", out)
	if err == nil || !strings.Contains(out, "error: broken does not work") {
		t.Errorf("tail ends with %v, and does not show why the test has failed", err)
	}
	w.serves(t, "r1")
	w.ship(t, "r2")
	w.ran(t, "r1", "broken", "r2")
}

// ran demands exactly these runs, in this order: none is missing, none was made twice.
func (w *world) ran(t *testing.T, want ...string) {
	t.Helper()
	jobs, err := w.client.BatchV1().Jobs("shop").List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(jobs.Items, func(a, b batchv1.Job) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	var got []string
	for _, job := range jobs.Items {
		revision := job.Spec.Template.Spec.Containers[0].Args[1]
		got = append(got, revision)
		if done := job.Status.Succeeded == 1; done == (revision == "broken") {
			t.Errorf("the Job for %s has ended with %+v", revision, job.Status)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("there are Jobs for %v, want %v", got, want)
	}
}

// serves asks each pod of the Deployment over the network; all are to be of one revision in the end.
func (w *world) serves(t *testing.T, revision string) {
	t.Helper()
	w.eventually(t, func(ctx context.Context) error {
		pods, err := w.client.CoreV1().Pods("shop").List(ctx, metav1.ListOptions{LabelSelector: "app=cart"})
		if err != nil {
			return err
		}
		if n := len(pods.Items); n != 2 {
			return fmt.Errorf("%d pods, want 2", n)
		}
		for _, pod := range pods.Items {
			text, err := get(ctx, pod, 8000, "/")
			if err != nil {
				return err
			}
			if got := strings.TrimSpace(text); got != revision {
				return fmt.Errorf("pod %s serves %s, want %s", pod.Name, got, revision)
			}
		}
		return nil
	})
}

// get asks a pod's server.
func get(ctx context.Context, pod corev1.Pod, port int, path string) (string, error) {
	url := fmt.Sprintf("http://%s%s", net.JoinHostPort(pod.Status.PodIP, fmt.Sprint(port)), path)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	text, err := io.ReadAll(response.Body)
	return string(text), err
}
