package agent

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	v1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/carto-run/carto/test/harness"
)

// What the soak allows to grow between the first and the last third of its rests. Goroutines
// and open files come and go with connections.
const (
	soakGoroutines = 8
	soakFiles      = 6
	soakEntries    = 10
	soakHeapShare  = 1.10
	soakHeapBytes  = 2 << 20
	soakEventBytes = 1536 // of one event that is remembered, which it is for half an hour
)

// minRests is how many rests have to be seen before their thirds mean anything.
const minRests = 9

// TestSoak lets owners, blueprints, templates, accounts, kinds and connections come and go
// for the time of SOAK_TIME, with an agent that has SOAK_FLAGS, and looks at each rest, when all is as it was before: nothing
// that the agent keeps may grow from rest to rest.
func TestSoak(t *testing.T) {
	text := os.Getenv("SOAK_TIME")
	if text == "" {
		t.Skip("it takes long: run it by `make soak`")
	}
	duration, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	s := newSoak(t)
	var rests []sample
	began, said := time.Now(), time.Time{}
	for round := 1; time.Since(began) < duration || len(rests) < minRests; round++ {
		s.churn(round)
		rest := s.rest(round)
		rest.at = time.Since(began)
		rests = append(rests, rest)
		if time.Since(said) >= time.Minute {
			said = time.Now()
			fmt.Printf("%s\n", rest) // at once, unlike the test's log
		}
	}
	s.judge(rests)
}

// soak is the world in which everything changes.
type soak struct {
	*world
	t       *testing.T
	tenants []*tenant
	cut     *cutter
	random  *rand.Rand
}

const soakThings = `
apiVersion: carto.run/v1alpha1
kind: ClusterTemplate
metadata: { name: thing-NS }
spec:
  template:
    apiVersion: soak.example/v1
    kind: Thing
    metadata: { name: $(workload.metadata.name)$ }
    spec: { text: "SAID" }
---
apiVersion: carto.run/v1alpha1
kind: ClusterSupplyChain
metadata: { name: thing-NS }
spec:
  selector: { thing: NS }
  serviceAccountRef: { name: stamper }
  resources:
    - { name: thing, templateRef: { kind: ClusterTemplate, name: thing-NS } }
`

// soakResting is how many workloads of each chain a tenant has at rest, and soakMore how
// many come and go between two rests.
const (
	soakResting = 4
	soakMore    = 8
)

func newSoak(t *testing.T) *soak {
	cp := harness.New(t, harness.Options{})
	w := newWorld(t, cp)
	harness.ApplyYAML(t, cp.Config, "", stubCRD("taskruns", "tekton.dev", "TaskRun", "v1")+soakCRD)
	seed := uint64(time.Now().UnixNano())
	fmt.Printf("soak: seed %d\n", seed)
	s := &soak{world: w, t: t, random: rand.New(rand.NewPCG(seed, seed))} //nolint:gosec // no secret
	s.cut = cutConnections(t, cp.Server)
	flags := append([]string{"--profiling", "--namespace", "default"}, strings.Fields(os.Getenv("SOAK_FLAGS"))...)
	w.agent = startAgent(t, s.cut.kubeconfig(cp.Kubeconfig), flags...)
	t.Cleanup(func() { w.agent.Kill() })
	for range 2 {
		n := w.tenant(t)
		n.apply(soakChain + "---" + replace(soakThings, "SAID", "first"))
		n.playAll()
		n.createAll(0, soakResting)
		for i := range soakResting {
			s.create(n.ns, n.ns, fmt.Sprintf("t-%03d", i))
		}
		s.tenants = append(s.tenants, n)
	}
	return s
}

var (
	// soakChain keeps few runs, so that there soon are as many as there will be.
	soakChain = replace(replace(chainOfAll,
		"  lifecycle: immutable\n", "  lifecycle: immutable\n  retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 }\n"),
		"      serviceAccountName: stamper\n", "      serviceAccountName: stamper\n      retentionPolicy: { maxFailedRuns: 1, maxSuccessfulRuns: 1 }\n")
	soakCRD = stubCRD("things", "soak.example", "Thing", "v1")
	things  = gvr{Group: "soak.example", Version: "v1", Resource: "things"}
)

// create makes a workload of the chain with the thing.
func (s *soak) create(namespace, shape, name string) {
	s.t.Helper()
	w := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "carto.run/v1alpha1", "kind": "Workload",
		"metadata": map[string]any{"name": name, "labels": map[string]any{"thing": shape}},
		"spec":     map[string]any{"source": map[string]any{"git": map[string]any{"url": "https://git.example/thing"}}},
	}}
	if _, err := s.client.Resource(workloads).Namespace(namespace).Create(context.Background(), w, v1.CreateOptions{}); err != nil && !isThere(err) {
		s.t.Fatal(err)
	}
}

// churn is everything that can change, once a round, in random order, while workloads of
// names that were never there before come into being.
func (s *soak) churn(round int) {
	ctx := context.Background()
	n := s.tenants[round%len(s.tenants)]
	from, to := 100+round*soakMore, 100+(round+1)*soakMore
	passing := fmt.Sprintf("soak-%d-%d", os.Getpid(), round)
	changes := []func(){
		func() { n.createAll(from, to); n.changeAll(from, to) },
		func() {
			for i := from; i < to; i++ {
				s.create(n.ns, n.ns, fmt.Sprintf("t-%03d", i))
			}
		},
		func() { // a tenant comes and goes
			s.apply("apiVersion: v1\nkind: Namespace\nmetadata: { name: NS }\n---"+account, passing)
			for i := range 3 {
				s.create(passing, n.ns, fmt.Sprintf("p-%d", i))
			}
		},
		func() { // a template is edited
			for _, said := range []string{"second", "first"} {
				n.apply(replace(soakThings, "SAID", said))
			}
		},
		func() { // outputs change
			for i := range soakResting {
				for _, word := range []string{"second", "first"} {
					patch := fmt.Sprintf(`{"spec":{"source":{"git":{"url":"https://git.example/%d/%s/%d"}}}}`, i, word, round)
					n.patch(workloads, fmt.Sprintf("w-%03d", i), patch)
				}
			}
		},
		func() { // a blueprint loses a step, and gets it back
			n.apply(replace(soakChain, lastOfAll, ""))
			n.apply(soakChain)
		},
		func() { // a workload changes over to another blueprint, and back
			n.patch(workloads, "t-000", `{"metadata":{"labels":{"thing":null,"shape":"`+n.ns+`"}}}`)
			n.patch(workloads, "t-000", `{"metadata":{"labels":{"thing":"`+n.ns+`","shape":null}}}`)
		},
		func() { // an account loses its rights, and itself
			s.idle() // an orphan that could not be removed for want of rights stays
			bindings := gvr{Group: "rbac.authorization.k8s.io", Version: "v1", Resource: "rolebindings"}
			accounts := gvr{Version: "v1", Resource: "serviceaccounts"}
			n.delete(bindings, "stamper")
			n.patch(workloads, "t-001", fmt.Sprintf(`{"metadata":{"labels":{"round":"%d"}}}`, round))
			n.delete(accounts, "stamper")
			n.apply(account)
		},
		func() { // somebody meddles with what was stamped
			for i := range 2 {
				_, err := s.client.Resource(things).Namespace(n.ns).Patch(ctx, "t-002", types.MergePatchType,
					fmt.Appendf(nil, `{"spec":{"text":"meddled %d"}}`, i), v1.PatchOptions{})
				if err != nil && !isGone(err) {
					s.t.Fatal(err)
				}
			}
		},
		s.cut.all,
	}
	if round%3 == 0 {
		changes = append(changes, func() {
			if err := s.removeDefinitions("things.soak.example"); err != nil {
				s.t.Fatal(err)
			}
			s.apply(soakCRD, "")
		})
	}
	s.random.Shuffle(len(changes), func(i, j int) { changes[i], changes[j] = changes[j], changes[i] })
	for _, change := range changes {
		change()
		time.Sleep(time.Duration(s.random.IntN(1500)) * time.Millisecond) // so that changes meet the agent in any state
	}
	for i := from; i < to; i++ {
		n.delete(workloads, fmt.Sprintf("w-%03d", i))
		n.delete(workloads, fmt.Sprintf("t-%03d", i))
	}
	err := s.client.Resource(gvr{Version: "v1", Resource: "namespaces"}).Delete(ctx, passing, v1.DeleteOptions{})
	if err != nil {
		s.t.Fatal(err)
	}
}

const lastOfAll = "    - { name: last, configs: [{ name: text, resource: config }], templateRef: { kind: ClusterTemplate, name: all-last-NS } }\n"

func (s *soak) apply(documents, namespace string) {
	s.t.Helper()
	harness.ApplyYAML(s.t, s.cp.Config, namespace, replace(documents, "NS", namespace))
}

// rest waits until all is as it was before the round, and takes a sample.
func (s *soak) rest(round int) sample {
	harness.Eventually(s.t, 4*time.Minute, func() error {
		for _, n := range s.tenants {
			if err := n.allDone(2 * soakResting); err != nil {
				return fmt.Errorf("%w%s", err, n.notDone())
			}
			for kind, want := range map[gvr]int{gitRepos: soakResting, runnables: soakResting, things: soakResting} {
				if got := len(n.list(kind, "")); got != want {
					return fmt.Errorf("%d %s, want %d", got, kind.Resource, want)
				}
			}
		}
		if values := s.metrics(); values["carto_queue_depth"] != 0 || values["carto_statuses_waiting"] != 0 {
			return fmt.Errorf("the agent is still at work")
		}
		return nil
	})
	time.Sleep(2 * time.Second) // events of deletions arrive after what they tell of is gone
	one := sample{round: round, values: map[string]float64{}}
	for name, value := range s.metrics() {
		if book, ok := strings.CutPrefix(name, `carto_book_entries{book="`); ok {
			one.values["book "+strings.TrimSuffix(book, `"}`)] = value
		}
		if name == "carto_watched_kinds" || name == "process_resident_memory_bytes" {
			one.values[name] = value
		}
	}
	one.values["heap"] = s.profiled("heap?gc=1&debug=1", `(?m)^# HeapAlloc = (\d+)`)
	one.values["goroutines"] = s.profiled("goroutine?debug=1", `goroutine profile: total (\d+)`)
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.agent.PID()))
	if err != nil {
		s.t.Fatal(err)
	}
	one.values["files"] = float64(len(files))
	return one
}

// idle waits until the agent has done what it was told by now.
func (s *soak) idle() {
	s.t.Helper()
	time.Sleep(2 * time.Second) // the agent may not have seen it yet
	harness.Eventually(s.t, 2*time.Minute, func() error {
		if values := s.metrics(); values["carto_queue_depth"] != 0 || values["carto_statuses_waiting"] != 0 {
			return fmt.Errorf("the agent is still at work")
		}
		return nil
	})
}

// notDone says what keeps workloads from being ready.
func (n *tenant) notDone() string {
	text := ""
	for _, u := range n.list(workloads, "") {
		if conditionsOf(&u) != allReady {
			text += fmt.Sprintf("\n%s: %v", u.GetName(), field(&u, "status", "conditions"))
		}
	}
	return text
}

// plainly asks for no compression, whose buffers of 0.8 MiB the agent would be measured with.
var plainly = &http.Client{Transport: &http.Transport{DisableCompression: true}}

func (s *soak) get(path string) string {
	s.t.Helper()
	response, err := plainly.Get(s.agent.URL("metrics") + path) //nolint:noctx // on loopback
	if err != nil {
		s.t.Fatalf("the agent does not answer: %v\n%s", err, lastLines(s.agent.Log(), 20))
	}
	defer func() { _ = response.Body.Close() }() // it was only read
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		s.t.Fatalf("%s: %s, %v", path, response.Status, err)
	}
	return string(text)
}

func lastLines(text string, count int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-count):], "\n")
}

func (s *soak) metrics() map[string]float64 {
	s.t.Helper()
	values := map[string]float64{}
	lines := bufio.NewScanner(strings.NewReader(s.get("/metrics")))
	for lines.Scan() {
		name, value, ok := strings.Cut(lines.Text(), " ")
		if number, err := strconv.ParseFloat(value, 64); ok && err == nil {
			values[name] = number
		}
	}
	return values
}

func (s *soak) profiled(profile, pattern string) float64 {
	s.t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(s.get("/debug/pprof/" + profile))
	if found == nil {
		s.t.Fatalf("%s does not say %s", profile, pattern)
	}
	number, err := strconv.ParseFloat(found[1], 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return number
}

// sample is what the agent holds at a rest.
type sample struct {
	round  int
	at     time.Duration
	values map[string]float64
}

func (s sample) String() string {
	text := fmt.Sprintf("soak: %s, round %d: heap %.1f MiB, resident %.1f MiB, %.0f goroutines, %.0f files",
		s.at.Round(time.Second), s.round, s.values["heap"]/(1<<20), s.values["process_resident_memory_bytes"]/(1<<20), s.values["goroutines"], s.values["files"])
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		if book, ok := strings.CutPrefix(name, "book "); ok {
			text += fmt.Sprintf(", %.0f %s", s.values[name], book)
		}
	}
	return text
}

// judge compares the first third of the rests, without the very first ones, in which caches
// are filled, with the last.
func (s *soak) judge(rests []sample) {
	rests = rests[len(rests)/10+1:]
	third := len(rests) / 3
	events := rests[len(rests)-1].values["book events"] - rests[third/2].values["book events"]
	fmt.Printf("%-28s %12s %12s %12s\n", "at rest (medians)", "first third", "last third", "most")
	for _, name := range slices.Sorted(maps.Keys(rests[0].values)) {
		all := make([]float64, len(rests))
		for i, rest := range rests {
			all[i] = rest.values[name]
		}
		first, last := median(all[:third]), median(all[len(all)-third:])
		fmt.Printf("%-28s %12.0f %12.0f %12.0f\n", name, first, last, slices.Max(all))
		allowed := first + soakEntries
		switch name {
		case "heap":
			allowed = first*soakHeapShare + soakHeapBytes + max(0, events)*soakEventBytes
		case "goroutines":
			allowed = first + soakGoroutines
		case "files":
			allowed = first + soakFiles
		case "process_resident_memory_bytes", "book events":
			continue // what the kernel gets back is not the agent's choice; events are remembered for a time
		}
		if last > allowed {
			s.t.Errorf("%s has grown from %.0f to %.0f, more than to %.0f", name, first, last, allowed)
		}
	}
	if s.t.Failed() {
		file := filepath.Join(os.TempDir(), "carto-soak-heap.txt")
		if os.WriteFile(file, []byte(s.get("/debug/pprof/heap?gc=1&debug=1")), 0o600) == nil {
			s.t.Logf("the heap's profile is in %s", file)
		}
	}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// cutter hands connections on to the API server, and cuts them when it is told to.
type cutter struct {
	t       *testing.T
	address string
	mu      sync.Mutex
	open    map[net.Conn]bool
}

func cutConnections(t *testing.T, server string) *cutter {
	target, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // on loopback
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{t: t, address: listener.Addr().String(), open: map[net.Conn]bool{}}
	var group sync.WaitGroup
	t.Cleanup(func() { _ = listener.Close(); c.all(); group.Wait() })
	group.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return // closed
			}
			upstream, err := net.Dial("tcp", target.Host) //nolint:noctx // on loopback
			if err != nil {
				_ = client.Close() // the API server is away
				continue
			}
			c.keep(client, upstream)
			for _, pair := range [][2]net.Conn{{client, upstream}, {upstream, client}} {
				group.Go(func() {
					_, _ = io.Copy(pair[0], pair[1]) // ends with the connection
					c.drop(client, upstream)
				})
			}
		}
	})
	return c
}

func (c *cutter) keep(connections ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, connection := range connections {
		c.open[connection] = true
	}
}

func (c *cutter) drop(connections ...net.Conn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, connection := range connections {
		_ = connection.Close() // a second time is no harm
		delete(c.open, connection)
	}
}

// all cuts all connections.
func (c *cutter) all() {
	c.mu.Lock()
	open := slices.Collect(maps.Keys(c.open))
	c.mu.Unlock()
	c.drop(open...)
}

// kubeconfig is a copy of another that leads here.
func (c *cutter) kubeconfig(path string) string {
	config, err := clientcmd.LoadFromFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, cluster := range config.Clusters {
		cluster.Server = "https://" + c.address
	}
	copied := filepath.Join(c.t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, copied); err != nil {
		c.t.Fatal(err)
	}
	return copied
}
