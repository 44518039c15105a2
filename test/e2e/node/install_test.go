//go:build linux

package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/test/harness"
)

// install installs the older version, from an image with a name of the user's own, and changes nothing of what is shipped.
func (w *world) install(t *testing.T) {
	w.plugin = before
	out := w.kubectl(t, "carto", "install", "--image", oldImage)
	if want := "the agent is ready: 2 of 2 pods ready"; !strings.Contains(out, want) {
		t.Errorf("install does not say %q", want)
	}
	for _, pod := range w.agents(t) {
		if image := pod.Spec.Containers[0].Image; image != oldImage {
			t.Errorf("pod %s runs %s, want %s", pod.Name, image, oldImage)
		}
	}
}

// agents are the pods of the agent that are not about to end.
func (w *world) agents(t *testing.T) []corev1.Pod {
	t.Helper()
	list, err := w.client.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=carto-agent"})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(list.Items, func(p corev1.Pod) bool { return p.DeletionTimestamp != nil })
}

// restricted looks at the processes as the kernel sees them, and asks the admission whether it is awake.
func (w *world) restricted(t *testing.T) {
	for _, pod := range w.agents(t) {
		pid := process(t, pod)
		for field, want := range map[string]string{
			"Uid": "65532\t65532\t65532\t65532", "Gid": "65532\t65532\t65532\t65532", "Groups": "65532",
			"CapInh": "0000000000000000", "CapPrm": "0000000000000000", "CapEff": "0000000000000000", "CapBnd": "0000000000000000", "CapAmb": "0000000000000000",
			"NoNewPrivs": "1", "Seccomp": "2",
		} {
			if got := status(t, pid, field); got != want {
				t.Errorf("%s: %s is %q, want %q", pod.Name, field, got, want)
			}
		}
		if !rootIsReadOnly(t, pid) {
			t.Errorf("%s: its root can be written to", pod.Name)
		}
		t.Logf("%s: process %d, user 65532, no capabilities, no new privileges, filtered calls, read-only root", pod.Name, pid)
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "careless"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "c", Image: appImage}}},
	}
	_, err := w.client.CoreV1().Pods(namespace).Create(t.Context(), pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if !apierrors.IsForbidden(err) {
		t.Errorf("the namespace would take a pod that is not restricted: %v", err)
	}
}

// process finds the one of the agent in a pod. The machine's processes are all seen from here.
func process(t *testing.T, pod corev1.Pod) int {
	t.Helper()
	groups, err := filepath.Glob("/proc/[0-9]*/cgroup")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range groups {
		dir := filepath.Dir(file)
		group, _ := os.ReadFile(file) // one that has just ended is not it
		command, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		if strings.Contains(string(group), "pod"+string(pod.UID)) && strings.HasPrefix(string(command), "/agent\x00--leader-elect") {
			pid, err := strconv.Atoi(filepath.Base(dir))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("the process of pod %s was not found", pod.Name)
	return 0
}

// status reads one line of a process' status.
func status(t *testing.T, pid int, field string) string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(line, ":"); name == field {
			return strings.TrimSpace(value)
		}
	}
	t.Fatalf("the status of process %d has no %s", pid, field)
	return ""
}

func rootIsReadOnly(t *testing.T, pid int) bool {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/mountinfo", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 5 && fields[4] == "/" {
			return slices.Contains(strings.Split(fields[5], ","), "ro")
		}
	}
	return false
}

// doctor has nothing to say of what install has made. Whether this machine's shell completes is another matter.
func (w *world) doctor(t *testing.T) {
	for line := range strings.Lines(w.kubectl(t, "carto", "doctor")) {
		if !strings.HasPrefix(line, "ok: ") && !strings.HasPrefix(line, "warning: completion: ") {
			t.Errorf("doctor is not content: %s", line)
		}
	}
}

// uninstall removes the agent, leaves what it has stamped, and then, asked for it, removes that as well.
func (w *world) uninstall(t *testing.T) {
	w.kubectl(t, "carto", "uninstall", "--yes")
	w.eventually(t, func(ctx context.Context) error {
		if _, err := w.client.CoreV1().Namespaces().Get(ctx, namespace, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			return fmt.Errorf("the namespace %s is still there (%w)", namespace, err)
		}
		return nil
	})
	w.serves(t, lastRevision)
	w.kubectl(t, "carto", "uninstall", "--crds", "--yes")
	w.eventually(t, func(ctx context.Context) error {
		pods, err := w.client.CoreV1().Pods("shop").List(ctx, metav1.ListOptions{})
		if err != nil {
			return err
		}
		if n := len(pods.Items); n > 0 {
			return fmt.Errorf("%d pods of the workload are still there", n)
		}
		return nil
	})
}

// eventually waits for something that takes its time.
func (w *world) eventually(t *testing.T, f func(context.Context) error) {
	t.Helper()
	harness.Eventually(t, patience, func() error { return f(t.Context()) })
}
