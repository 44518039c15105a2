package e2e

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/test/harness"
)

// built is a workload whose step build has a Job, the pod of which the Job's controller makes.
const built = `
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart}
spec: {image: x}
---
apiVersion: batch/v1
kind: Job
metadata: {name: cart-build}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: nowhere.invalid/x}]
---
apiVersion: v1
kind: Pod
metadata: {name: cart-run, labels: {carto.run/workload-name: cart, carto.run/resource-name: run}}
spec:
  nodeName: NODE
  containers: [{name: web, image: nowhere.invalid/x}]
`

const cartStatus = `
observedGeneration: 1
supplyChainRef: {kind: ClusterSupplyChain, name: none}
conditions: [{type: Ready, status: "STATUS", reason: Tested, message: "1 of 2", lastTransitionTime: "2026-01-01T00:00:00Z"}]
resources:
  - name: build
    stampedRef: {apiVersion: batch/v1, kind: Job, name: cart-build, namespace: NAMESPACE, resource: jobs.batch}
    conditions: [{type: Ready, status: "STATUS", reason: Tested, message: "1 of 2", lastTransitionTime: "2026-01-01T00:00:00Z"}]
`

// shop is the namespace of that workload, with a node whose logs the test writes.
type shop struct {
	*harness.Kubelet
	t         *testing.T
	cp        *harness.ControlPlane
	namespace string
	pods      kubernetes.Interface
	client    dynamic.Interface
	builder   string
}

func newShop(t *testing.T) *shop {
	t.Helper()
	return newShopOn(t, harness.Shared(t))
}

func newShopOn(t *testing.T, cp *harness.ControlPlane) *shop {
	t.Helper()
	s := &shop{Kubelet: harness.NewKubelet(), t: t, cp: cp, pods: kubernetes.NewForConfigOrDie(cp.Config), client: dynamic.NewForConfigOrDie(cp.Config)}
	installCRDs(t, s.client)
	node := s.Serve(t, cp)
	s.namespace = harness.Namespace(t, cp)
	harness.ApplyYAML(t, cp.Config, s.namespace, strings.ReplaceAll(built, "NODE", node))
	s.status("Unknown")
	harness.Eventually(t, 30*time.Second, func() error { return s.findBuilder("") })
	err := s.pods.CoreV1().Pods(s.namespace).Bind(t.Context(), &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: s.builder}, Target: corev1.ObjectReference{Kind: "Node", Name: node},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// findBuilder finds the Job's pod, other than one that goes.
func (s *shop) findBuilder(gone string) error {
	list, err := s.pods.CoreV1().Pods(s.namespace).List(s.t.Context(), metav1.ListOptions{LabelSelector: "job-name=cart-build"})
	if err != nil {
		return err
	}
	for _, p := range list.Items {
		if p.Name != gone {
			s.builder = p.Name
			return nil
		}
	}
	return fmt.Errorf("no pod yet")
}

// status writes that of the workload, as the agent would.
func (s *shop) status(ready string) {
	s.t.Helper()
	var status map[string]any
	if err := yaml.Unmarshal([]byte(strings.NewReplacer("STATUS", ready, "NAMESPACE", s.namespace).Replace(cartStatus)), &status); err != nil {
		s.t.Fatal(err)
	}
	workloads := s.client.Resource(v1alpha1.GroupVersion.WithResource("workloads")).Namespace(s.namespace)
	obj, err := workloads.Get(s.t.Context(), "cart", metav1.GetOptions{})
	if err == nil {
		err = unstructured.SetNestedMap(obj.Object, jsonMap(status), "status")
	}
	if err == nil {
		_, err = workloads.UpdateStatus(s.t.Context(), obj, metav1.UpdateOptions{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// container writes the status of a pod's only container.
func (s *shop) container(pod, name string, restarts int32, state corev1.ContainerState) {
	s.t.Helper()
	c := s.pods.CoreV1().Pods(s.namespace)
	p, err := c.Get(s.t.Context(), pod, metav1.GetOptions{})
	if err == nil {
		p.Status.Phase = corev1.PodRunning
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: name, RestartCount: restarts, State: state}}
		_, err = c.UpdateStatus(s.t.Context(), p, metav1.UpdateOptions{})
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// program is the plugin while it runs.
type program struct {
	*exec.Cmd
	t              *testing.T
	stdout, stderr output
}

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

func (s *shop) start(args ...string) *program {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	s.t.Cleanup(cancel)
	p := &program{Cmd: exec.CommandContext(ctx, "kubectl-carto", append(args, "-n", s.namespace, "--kubeconfig", s.cp.Kubeconfig)...), t: s.t}
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		s.t.Fatal(err)
	}
	return p
}

// until waits until so many lines were printed.
func (p *program) until(lines int) {
	p.t.Helper()
	harness.Eventually(p.t, 20*time.Second, func() error {
		if n := strings.Count(p.stdout.String(), "\n"); n < lines {
			return fmt.Errorf("%d lines of %d: %s%s", n, lines, p.stdout.String(), p.stderr.String())
		}
		return nil
	})
}

func (p *program) ends(code int, stdout, stderr string) {
	p.t.Helper()
	_ = p.Wait() // the exit code says how it ended
	if got := p.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d, want %d", got, code)
	}
	if got := p.stdout.String(); got != stdout {
		p.t.Errorf("standard output:\n%s\nwant:\n%s", got, stdout)
	}
	if got := p.stderr.String(); !strings.Contains(got, stderr) {
		p.t.Errorf("standard error:\n%s\nwant:\n%s", got, stderr)
	}
}

var running = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}

func exited(code int32) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: code, FinishedAt: metav1.Now()}}
}

// TestTail goes through the API server to a node that drops its connections.
func TestTail(t *testing.T) {
	t.Run("until ready", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		p := s.start("workload", "tail", "cart", "--until", "ready")
		main := s.builder + "/main"
		s.Write(main, "one", "two")
		s.container(s.builder, "main", 0, running)
		p.until(2)
		for i := range 3 {
			s.Drop()
			s.Write(main, fmt.Sprint("after drop ", i))
			p.until(3 + i)
		}
		s.Write("cart-run/web", "serving")
		s.container("cart-run", "web", 0, running)
		p.until(6)
		s.Write(main, "pushed")
		s.End(main)
		s.container(s.builder, "main", 0, exited(0))
		p.until(7)
		s.status("True")
		prefix := "build/" + s.builder + "[main] "
		p.ends(0, prefix+"one\n"+prefix+"two\n"+prefix+"after drop 0\n"+prefix+"after drop 1\n"+prefix+"after drop 2\n"+
			"run/cart-run[web] serving\n"+prefix+"pushed\n", "workload.carto.run/cart is ready\n")
	})
	t.Run("until failed", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		main := s.builder + "/main"
		p := s.start("workload", "tail", "cart", "--until", "ready", "-o", "json", "--step", "build")
		s.Write(main, "no such file")
		s.container(s.builder, "main", 0, running)
		p.until(1)
		s.End(main)
		s.container(s.builder, "main", 0, exited(1))
		s.status("False")
		_ = p.Wait()
		if got, want := p.stdout.String(), fmt.Sprintf(`,"step":"build","pod":"%s","container":"main","message":"no such file"}`+"\n", s.builder); !strings.HasSuffix(got, want) || strings.Count(got, "\n") != 1 {
			t.Errorf("standard output:\n%s\nwant:\n…%s", got, want)
		}
		p.ends(1, p.stdout.String(), "error: failed: step build: Tested: 1 of 2\n")
	})
	t.Run("restart, and what is there", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		p := s.start("workload", "tail", "cart", "--until", "ready", "--timeout", "6s")
		s.Write("cart-run/web", "first")
		s.container("cart-run", "web", 0, running)
		p.until(1)
		s.Drop()
		s.Write("cart-run/web", "panic")
		s.Restart("cart-run/web")
		s.Write("cart-run/web", "second")
		s.container("cart-run", "web", 1, running)
		p.until(3)
		p.ends(1, "run/cart-run[web] first\nrun/cart-run[web] panic\nrun/cart-run[web] second\n", "error: not ready after 6s, still running: step build")

		s.start("workload", "tail", "cart", "--follow=false").ends(0, "run/cart-run[web] second\n", "")
		s.start("workload", "tail", "cart", "--previous").ends(0, "run/cart-run[web] first\nrun/cart-run[web] panic\n", "")
		s.start("workload", "tail", "cart", "--follow=false", "--step", "nope").ends(1, "", `workload cart has no step "nope"; it has: build`)
	})
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()
		s := newShop(t)
		p := s.start("workload", "tail", "cart")
		s.Write("cart-run/web", "first")
		s.container("cart-run", "web", 0, running)
		p.until(1)
		if err := p.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		p.ends(130, "run/cart-run[web] first\n", "")
	})
}

// TestFollowOutlivesAPIServer: who follows goes on when the API server is back.
func TestFollowOutlivesAPIServer(t *testing.T) {
	cp := harness.New(t, harness.Options{})
	s := newShopOn(t, cp)
	p, w := s.start("workload", "tail", "cart", "--until", "ready"), s.start("workload", "wait", "cart")
	s.Write("cart-run/web", "before")
	s.container("cart-run", "web", 0, running)
	p.until(1)
	if err := cp.StopAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Write("cart-run/web", "meanwhile")
	if err := cp.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.until(2)
	s.Write("cart-run/web", "after")
	p.until(3)
	s.status("True")
	p.ends(0, "run/cart-run[web] before\nrun/cart-run[web] meanwhile\nrun/cart-run[web] after\n", "is ready\n")
	w.ends(0, "workload.carto.run/cart ready\n", "")
}
