package tail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic/fake"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/test/harness"
)

const (
	job = `{apiVersion: batch/v1, kind: Job, metadata: {name: build, namespace: shop, uid: j}}`
	// builder belongs to the job; app only carries the label.
	builder = `{apiVersion: v1, kind: Pod, metadata: {name: builder, namespace: shop, uid: p1, ownerReferences: [{uid: j}]}, status: {phase: %s, containerStatuses: [%s]}}`
	app     = `{apiVersion: v1, kind: Pod, metadata: {name: app, namespace: shop, uid: p2, labels: {carto.run/workload-name: cart, carto.run/resource-name: run, app.kubernetes.io/component: web}}, status: {phase: Running, containerStatuses: [%s], initContainerStatuses: [{name: init, state: {terminated: {exitCode: 0}}}]}}`
	runs    = `{name: main, state: {running: {}}}`
	crashed = `{name: main, state: {waiting: {reason: CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1}}}`
	again   = `{name: main, restartCount: 1, state: {running: {}}, lastState: {terminated: {exitCode: 1}}}`
	ended   = `{name: main, state: {terminated: {exitCode: 0}}}`
)

func workload(ready string) string {
	return fmt.Sprintf(`
apiVersion: carto.run/v1alpha1
kind: Workload
metadata: {name: cart, namespace: shop, generation: 1}
status:
  observedGeneration: 1
  supplyChainRef: {kind: ClusterSupplyChain, name: chain}
  conditions: [{type: Ready, status: "%[1]s", reason: R, message: why}]
  resources:
    - name: build
      conditions: [{type: Ready, status: "%[1]s", reason: R, message: why}]
      stampedRef: {apiVersion: batch/v1, kind: Job, namespace: shop, name: build, resource: jobs.batch}
    - {name: run, inputs: [{name: build}]}
`, ready)
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

// world is a tail of a workload within a bubble: time passes only when all wait, and a
// goroutine that outlives the tail fails the test.
type world struct {
	*harness.Kubelet
	t       *testing.T
	client  *fake.FakeDynamicClient
	options Options
	cancel  context.CancelFunc
	done    chan error

	mu    sync.Mutex
	lines []string
	notes []string
}

func newWorld(t *testing.T, objects ...string) *world {
	var all []runtime.Object
	for _, text := range objects {
		all = append(all, parse(text))
	}
	w := &world{Kubelet: harness.NewKubelet(), t: t, done: make(chan error, 1)}
	w.client = fake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{pods: "PodList"}, all...)
	w.options = Options{
		Follow: follow.Options{Client: w.client, Ref: collect.OwnerRef{Kind: v1alpha1.KindWorkload, Namespace: "shop", Name: "cart"}},
		Logs:   w.Open, Since: time.Minute, MaxStreams: 10,
		Sink: func(l Line) error {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.lines = append(w.lines, fmt.Sprintf("%s/%s[%s] %s", l.Step, l.Pod, l.Container, l.Message))
			return nil
		},
		Note: func(format string, args ...any) { w.notes = append(w.notes, fmt.Sprintf(format, args...)) },
	}
	return w
}

func (w *world) start() {
	var ctx context.Context
	ctx, w.cancel = context.WithCancel(w.t.Context())
	go func() { w.done <- Run(ctx, w.options) }()
	w.pass(time.Second)
}

// pass lets time pass, and all that is due happen.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (w *world) put(resource schema.GroupVersionResource, text string) {
	w.t.Helper()
	obj, c := parse(text), w.client.Resource(resource).Namespace("shop")
	if _, err := c.Update(w.t.Context(), obj, metav1.UpdateOptions{}); err != nil {
		if _, err := c.Create(w.t.Context(), obj, metav1.CreateOptions{}); err != nil {
			w.t.Fatal(err)
		}
	}
	w.pass(time.Second)
}

// end interrupts the tail and compares all that it showed.
func (w *world) end(want ...string) {
	w.t.Helper()
	w.cancel()
	if err := <-w.done; !errors.Is(err, context.Canceled) {
		w.t.Errorf("it ended with %v", err)
	}
	w.shown(want...)
}

func (w *world) shown(want ...string) {
	w.t.Helper()
	if !slices.Equal(w.lines, want) {
		w.t.Errorf("got\n  %s\nwant\n  %s", strings.Join(w.lines, "\n  "), strings.Join(want, "\n  "))
	}
}

func bubble(name string, t *testing.T, f func(*testing.T)) {
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

func podOf(format, phase, container string) string {
	if strings.Count(format, "%s") == 1 {
		return fmt.Sprintf(format, container)
	}
	return fmt.Sprintf(format, phase, container)
}

func TestFollow(t *testing.T) {
	bubble("a connection that drops is resumed in the middle of a second", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.Write("builder/main", "same", "same", "two")
		w.start()
		w.Write("builder/main", "three", "same")
		w.pass(time.Second)
		w.Drop()
		w.Write("builder/main", "while it was down", "same")
		w.pass(time.Second)
		w.Drop()
		w.pass(time.Second)
		w.Write("builder/main", "four")
		w.pass(time.Second)
		p := "build/builder[main] "
		w.end(p+"same", p+"same", p+"two", p+"three", p+"same", p+"while it was down", p+"same", p+"four")
	})
	bubble("many lines and many drops", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.start()
		var want []string
		for i := range 500 {
			text := fmt.Sprint("line ", i)
			w.Write("builder/main", text)
			want = append(want, "build/builder[main] "+text)
			switch {
			case i%40 == 0:
				w.Drop()
			case i%7 == 0:
				w.pass(90 * time.Millisecond)
			}
		}
		w.pass(time.Minute)
		w.end(want...)
	})
	bubble("an instance is read to its end, and so is the next", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.Write("builder/main", "first")
		w.start()
		w.Write("builder/main", "panic")
		w.End("builder/main")
		w.put(pods, podOf(builder, "Running", crashed))
		w.Restart("builder/main")
		w.Write("builder/main", "second")
		w.put(pods, podOf(builder, "Running", again))
		p := "build/builder[main] "
		w.end(p+"first", p+"panic", p+"second")
	})
	bubble("it restarted while the connection was down", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.Write("builder/main", "first")
		w.start()
		w.Drop()
		w.Write("builder/main", "panic")
		w.Restart("builder/main")
		w.put(pods, podOf(builder, "Running", again))
		w.Write("builder/main", "second")
		w.pass(time.Second)
		p := "build/builder[main] "
		w.end(p+"first", p+"panic", p+"second")
	})
	bubble("pods come, by owner reference and by label", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job)
		w.start()
		w.pass(patience)
		w.Write("builder/main", "building")
		w.put(pods, podOf(builder, "Running", runs))
		w.Write("app/init", "set up")
		w.End("app/init")
		w.put(pods, podOf(app, "", `{name: main, state: {waiting: {reason: PodInitializing}}}`))
		w.Write("app/main", "serving")
		w.put(pods, podOf(app, "", runs))
		if !slices.Equal(w.notes, []string{"no pods yet; waiting for them"}) {
			t.Errorf("notes: %q", w.notes)
		}
		w.end("build/builder[main] building", "run/app[init] set up", "run/app[main] serving")
	})
	bubble("what has ended is read once", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Succeeded", ended))
		w.Write("builder/main", "done")
		w.End("builder/main")
		w.start()
		w.pass(time.Hour)
		if n := w.Requests(); n != 1 {
			t.Errorf("%d requests", n)
		}
		w.end("build/builder[main] done")
	})
	bubble("lines before the window are left out", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.Write("builder/main", "old")
		w.pass(2 * time.Minute)
		w.Write("builder/main", "new")
		w.start()
		w.end("build/builder[main] new")
	})
	bubble("one stream at a time", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs), podOf(app, "", runs))
		w.options.MaxStreams = 1
		w.options.Select.Containers = []string{"main"}
		w.Write("builder/main", "b")
		w.Write("app/main", "a")
		w.start() // neither ends, so whichever is the second has to wait
		w.End("builder/main")
		w.put(pods, podOf(builder, "Succeeded", ended))
		w.End("app/main")
		w.put(pods, podOf(app, "", ended))
		slices.Sort(w.lines) // either may be the first
		if len(w.notes) != 1 || !strings.HasPrefix(w.notes[0], "1 containers are followed") {
			t.Errorf("notes: %q", w.notes)
		}
		w.end("build/builder[main] b", "run/app[main] a")
	})
	bubble("logs of one pod are forbidden", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs), podOf(app, "", ended))
		w.options.Logs = func(ctx context.Context, ns, pod string, o *corev1.PodLogOptions) (io.ReadCloser, error) {
			if pod == "app" {
				return nil, harness.Forbidden(pod)
			}
			return w.Open(ctx, ns, pod, o)
		}
		w.Write("builder/main", "b")
		w.start()
		w.pass(time.Hour)
		if len(w.notes) != 1 || !strings.Contains(w.notes[0], "forbidden") {
			t.Errorf("notes: %q", w.notes)
		}
		w.end("build/builder[main] b")
	})
	bubble("a sink that is slow holds up the reading", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		read := 0
		w.options.Logs = func(context.Context, string, string, *corev1.PodLogOptions) (io.ReadCloser, error) {
			return io.NopCloser(readerFunc(func(b []byte) (int, error) {
				read += len(b)
				return copy(b, strings.Repeat("2026-01-01T00:00:00Z x\n", len(b)/23)), nil
			})), nil
		}
		w.options.Sink = func(Line) error { time.Sleep(time.Second); return nil }
		w.start()
		w.pass(10 * time.Second)
		if read > 2*maxLine {
			t.Errorf("%d bytes were read ahead", read)
		}
		w.end()
	})
	bubble("a sink that fails ends it", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.options.Sink = func(Line) error { return io.ErrClosedPipe }
		w.Write("builder/main", "b")
		w.start()
		if err := <-w.done; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("got %v", err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func TestUntil(t *testing.T) {
	workloads := v1alpha1.GroupVersion.WithResource("workloads")
	bubble("ready, with the last lines", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.options.Follow.UntilReady = true
		w.start()
		w.Drop()
		w.Write("builder/main", "the last words")
		w.put(workloads, workload("True"))
		if err := <-w.done; err != nil {
			t.Errorf("it ended with %v", err)
		}
		w.shown("build/builder[main] the last words")
	})
	bubble("failed", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.options.Follow.UntilReady, w.options.Follow.FailGrace = true, 5*time.Second
		w.start()
		w.Write("builder/main", "no such file")
		w.put(workloads, workload("False"))
		if err := <-w.done; err == nil || err.Error() != "failed: step build: R: why" {
			t.Errorf("it ended with %v", err)
		}
		w.shown("build/builder[main] no such file")
	})
	bubble("deleted", t, func(t *testing.T) {
		w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", runs))
		w.Write("builder/main", "b")
		w.start()
		if err := w.client.Resource(workloads).Namespace("shop").Delete(t.Context(), "cart", metav1.DeleteOptions{}); err != nil {
			t.Fatal(err)
		}
		if err := <-w.done; err == nil || err.Error() != `workloads.carto.run "cart" not found` {
			t.Errorf("it ended with %v", err)
		}
		w.shown("build/builder[main] b")
	})
}

func TestOnce(t *testing.T) {
	for reason, tc := range map[string]struct {
		set  func(*Options)
		want []string
		note string
		err  string
	}{
		"all, by step":   {func(*Options) {}, []string{"build/builder[main] again", "run/app[init] i", "run/app[main] a"}, "", ""},
		"a step":         {func(o *Options) { o.Select.Steps = []string{"run"} }, []string{"run/app[init] i", "run/app[main] a"}, "", ""},
		"no such step":   {func(o *Options) { o.Select.Steps = []string{"x"} }, nil, "", `workload cart has no step "x"; it has: build, run`},
		"a pod":          {func(o *Options) { o.Select.Pods = []string{"builder"} }, []string{"build/builder[main] again"}, "", ""},
		"a container":    {func(o *Options) { o.Select.Containers = []string{"init"} }, []string{"run/app[init] i"}, "", ""},
		"a component":    {func(o *Options) { o.Select.Component = "web" }, []string{"run/app[init] i", "run/app[main] a"}, "", ""},
		"previous":       {func(o *Options) { o.Previous = true }, []string{"build/builder[main] crash"}, "", ""},
		"none restarted": {func(o *Options) { o.Previous, o.Select.Steps = true, []string{"run"} }, nil, "no container has restarted", ""},
		"none at all":    {func(o *Options) { o.Select.Pods = []string{"x"} }, nil, "no container has started", ""},
		"all forbidden": {func(o *Options) {
			o.Logs = func(_ context.Context, _, pod string, _ *corev1.PodLogOptions) (io.ReadCloser, error) {
				return nil, harness.Forbidden(pod)
			}
			o.Select.Pods = []string{"builder"}
		}, nil, `cannot read the log of shop/builder[main]: pods "builder" is forbidden: no`, "no log could be read"},
	} {
		bubble(reason, t, func(t *testing.T) {
			w := newWorld(t, workload("Unknown"), job, podOf(builder, "Running", again), podOf(app, "", ended))
			w.options.Once = true
			w.Write("builder/main", "crash")
			w.Restart("builder/main")
			w.Write("builder/main", "again")
			w.Write("app/init", "i")
			w.Write("app/main", "a")
			tc.set(&w.options)
			text := ""
			if err := Run(t.Context(), w.options); err != nil {
				text = err.Error()
			}
			if text != tc.err || strings.Join(w.notes, "\n") != tc.note {
				t.Errorf("error %q, notes %q", text, w.notes)
			}
			w.shown(tc.want...)
		})
	}
}
