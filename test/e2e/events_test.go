package e2e

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/test/harness"
)

// event makes one about the workload's builder pod; repeat counts it up.
func (s *shop) event(name, reason, kind string) *corev1.Event {
	s.t.Helper()
	pod, err := s.pods.CoreV1().Pods(s.namespace).Get(s.t.Context(), s.builder, metav1.GetOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	e, err := s.pods.CoreV1().Events(s.namespace).Create(s.t.Context(), &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{Name: name, Namespace: s.namespace},
		InvolvedObject: corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: s.namespace, Name: pod.Name, UID: pod.UID},
		Type:           kind, Reason: reason, Message: "as it is", Count: 1, LastTimestamp: metav1.Now(),
	}, metav1.CreateOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
	return e
}

func (s *shop) repeat(e *corev1.Event) {
	s.t.Helper()
	e.Count++
	e.LastTimestamp = metav1.NewTime(e.LastTimestamp.Add(time.Second))
	if _, err := s.pods.CoreV1().Events(s.namespace).Update(s.t.Context(), e, metav1.UpdateOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

// TestEvents: what Kubernetes itself says of a Job, and what is said of its pod, as it is said.
func TestEvents(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	table, ndjson := s.start("workload", "events", "cart", "-w"), s.start("workload", "events", "cart", "-w", "-o", "json", "--types", "Warning")
	table.until(2)
	e := s.event("pulled", "Pulled", "Normal")
	table.until(3)
	s.repeat(e)
	table.until(4)
	s.event("failed", "Failed", "Warning")
	table.until(5)
	ndjson.until(1)
	for _, p := range []*program{table, ndjson} {
		if err := p.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		_ = p.Wait()
		p.ends(130, p.stdout.String(), "")
	}
	got := regexp.MustCompile(`\S+Z`).ReplaceAllString(table.stdout.String(), "T")
	got = regexp.MustCompile(` +`).ReplaceAllString(got, " ")
	want := strings.ReplaceAll(`TIME TYPE REASON STEP OBJECT MESSAGE
T Normal SuccessfulCreate build Job/cart-build Created pod: BUILDER
T Normal Pulled build Pod/BUILDER as it is
T Normal Pulled build Pod/BUILDER as it is
T Warning Failed build Pod/BUILDER as it is
`, "BUILDER", s.builder)
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if line := ndjson.stdout.String(); strings.Count(line, "\n") != 1 || !strings.Contains(line, `"reason":"Failed"`) {
		t.Errorf("got %s", line)
	}
	all := s.start("workload", "events", "cart", "-o", "name", "--step", "build", "--types", "Warning")
	all.ends(0, "event/failed\n", "")
	// A new pod's events come before the pod is known.
	again := s.start("workload", "events", "cart", "-w", "--no-headers")
	again.until(3)
	if err := s.pods.CoreV1().Pods(s.namespace).Delete(t.Context(), s.builder, metav1.DeleteOptions{GracePeriodSeconds: new(int64)}); err != nil {
		t.Fatal(err)
	}
	gone := s.builder
	harness.Eventually(t, 30*time.Second, func() error { return s.findBuilder(gone) })
	s.event("new", "Scheduled", "Normal")
	harness.Eventually(t, 20*time.Second, func() error {
		if !regexp.MustCompile(`Scheduled +build +Pod/` + s.builder).MatchString(again.stdout.String()) {
			return fmt.Errorf("not yet: %s", again.stdout.String())
		}
		return nil
	})
	if err := again.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = again.Wait()
}
