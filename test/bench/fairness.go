package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/install"
	"github.com/carto-run/carto/test/harness"
)

// fairnessScenario has tenants of its own, so it is none of the others. It runs only when it is asked for.
const fairnessScenario = "fairness"

const (
	// quietOwners are the quiet tenant's workloads, and how many new ones it makes now and then.
	quietOwners = 3
	// settleEvery is after how many changes the quiet tenant makes new workloads.
	settleEvery = 8
)

// The tenants, who are the namespaces that config/flow-control/tenants.yaml has for examples.
const (
	quietTenant  = "quiet" // in none of its lists
	largeTenant  = "large-1"
	secondTenant = "large-2"
	lateTenant   = "late"
)

// fairRow is what the quiet tenant saw beside others, and right before that alone: machines get faster and slower.
type fairRow struct {
	others        string
	alone, beside seen
}

// seen is what the quiet tenant saw in a while.
type seen struct {
	changes, settles, plain []float64     // milliseconds: one change, the settle of three new workloads, a plain write of the bench
	agent, server, took     time.Duration // of processors, and of the clock
}

// fairness is the scenario at work.
type fairness struct {
	opts   options
	cp     *harness.ControlPlane
	config *rest.Config
	client dynamic.Interface
	agent  *harness.Agent
	quiet  *fairTenant
	// made is how many workloads the quiet tenant has made, changed how often it has changed one.
	made, changed int
	// crowded is when the last crowd began.
	crowded time.Time

	// stop ends all that was started, in turn from the last.
	stop []func() error
}

func benchFairness(ctx context.Context, opts options) (err error) {
	f := &fairness{opts: opts}
	defer func() {
		for _, stop := range slices.Backward(f.stop) {
			err = errors.Join(err, stop())
		}
	}()
	rows, err := f.run(ctx)
	if err != nil {
		return err
	}
	return printFairness(os.Stdout, opts.noise, rows)
}

func (f *fairness) sayf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %-9s %s\n", time.Now().Format(time.TimeOnly), fairnessScenario, fmt.Sprintf(format, args...))
}

func (f *fairness) run(ctx context.Context) ([]fairRow, error) {
	f.sayf("start a control plane and the agent")
	if err := f.start(ctx); err != nil {
		return nil, err
	}
	tenants := map[string]*fairTenant{}
	for _, name := range []string{quietTenant, largeTenant, secondTenant, lateTenant} {
		t, err := f.tenant(ctx, name)
		if err != nil {
			return nil, err
		}
		tenants[name] = t
	}
	f.quiet = tenants[quietTenant]
	if err := f.newcomers(ctx, quietOwners); err != nil {
		return nil, err
	}

	large := tenants[largeTenant]
	var rows []fairRow
	measure := func(others string, noises ...noise) error {
		if err := f.calm(ctx); err != nil {
			return err
		}
		row := fairRow{others: others}
		err := f.beside(ctx, "nobody", &row.alone, (f.opts.changes+1)/2)
		if err == nil {
			err = f.beside(ctx, others, &row.beside, f.opts.changes, noises...)
		}
		rows = append(rows, row)
		return err
	}
	if err := measure(fmt.Sprintf("one that creates %d workloads", f.opts.noise), f.crowd(large)); err != nil {
		return rows, err
	}
	if err := large.watcher.awaitAll(ctx, f.opts.noise); err != nil {
		return rows, err
	}
	f.sayf("all of them were ready after %s", time.Since(f.crowded).Round(time.Second))
	if err := measure("one that edits their template each second", f.editor(large)); err != nil {
		return rows, err
	}
	if err := measure(fmt.Sprintf("one whose webhook answers after %s", slowAnswer), f.slow(tenants[lateTenant], 0)); err != nil {
		return rows, err
	}
	// The slow ones take their time to begin, and the crowd ends.
	return rows, measure("all three", f.slow(tenants[lateTenant], slowOwners), f.editor(large), f.crowd(tenants[secondTenant]))
}

func (f *fairness) start(ctx context.Context) (err error) {
	if f.cp, err = harness.Start(ctx, harness.Options{ExtraArgs: inFlightArgs(f.opts.inFlight)}); err != nil {
		return err
	}
	f.stop = append(f.stop, f.cp.Stop)
	f.config = rest.CopyConfig(f.cp.Config)
	f.config.QPS = -1
	f.config.WarningHandler = rest.NoWarnings{}
	if f.client, err = dynamic.NewForConfig(f.config); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	manifests, err := f.manifests()
	if err != nil {
		return err
	}
	for _, manifest := range manifests {
		if _, err := harness.Apply(ctx, f.config, namespace, string(manifest)); err != nil {
			return err
		}
	}
	return f.startAgent(ctx)
}

// inFlightArgs divide a number of requests at once as the API server's defaults divide 600.
func inFlightArgs(total int) []string {
	if total == 0 {
		return nil
	}
	writes := max(1, total/3)
	return []string{
		fmt.Sprintf("--apiserver-arg=--max-requests-inflight=%d", max(1, total-writes)),
		fmt.Sprintf("--apiserver-arg=--max-mutating-requests-inflight=%d", writes),
	}
}

// mayReadStamped lets the agent read what the bench has stamped.
const mayReadStamped = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: bench-stamped, labels: { carto.run/aggregate-to-agent: "true" } }
rules: [{ apiGroups: [bench.carto.run], resources: ["*"], verbs: [get, list, watch] }]
`

// manifests are what is installed in a cluster, the kinds that are stamped, and the flow schemas that were asked for.
func (f *fairness) manifests() ([][]byte, error) {
	installed, err := install.YAML(install.Config{Namespace: install.DefaultNamespace, Image: "none"})
	if err != nil {
		return nil, err
	}
	manifests := [][]byte{installed, []byte(mayReadStamped)}
	for _, kind := range kinds {
		manifests = append(manifests, fmt.Appendf(nil, crdFormat, kind, resourceOf(kind).Resource, group))
	}
	return append(manifests, f.opts.flowControl), nil
}

// startAgent starts it with its own account and roles: who is an administrator is exempt from priority and fairness.
func (f *fairness) startAgent(ctx context.Context) error {
	kubeconfig := filepath.Join(f.cp.DataDir, "agent.kubeconfig")
	if err := f.cp.WriteKubeconfig(ctx, install.DefaultNamespace, install.AgentName, kubeconfig); err != nil {
		return err
	}
	var err error
	if f.agent, err = harness.StartAgent(kubeconfig, filepath.Join(f.cp.DataDir, "agent.log")); err != nil {
		return err
	}
	f.stop = append(f.stop, f.agent.Stop)
	return f.agent.AwaitReady(ctx)
}

// beside measures the quiet tenant while others make noise, as long as they do, but at most so many changes.
func (f *fairness) beside(ctx context.Context, others string, saw *seen, changes int, all ...noise) (err error) {
	f.sayf("beside %s", others)
	busy := func() bool { return true }
	for _, begin := range all {
		stillBusy, end, err := begin(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, end()) }()
		before := busy
		busy = func() bool { return before() && stillBusy() }
	}
	agent, server, began, err := f.used()
	if err != nil {
		return err
	}
	stopPlain := f.plainWrites(ctx, &saw.plain)
	defer stopPlain()
	for i := range changes {
		if !busy() {
			f.sayf("the others have done all that they wanted after %d changes", i)
			break
		}
		if i%settleEvery == 0 {
			start := time.Now()
			if err := f.newcomers(ctx, quietOwners); err != nil {
				return err
			}
			saw.settles = append(saw.settles, milliseconds(start, time.Now()))
		}
		f.changed++
		name, value := nameOf(i%quietOwners), fmt.Sprintf("change-%d", f.changed)
		start := time.Now()
		if err := f.quiet.change(ctx, f.quiet.developer, name, value); err != nil {
			return err
		}
		at, err := f.quiet.watcher.awaitArrival(ctx, name, value)
		if err != nil {
			return fmt.Errorf("change %d: %w", i, err)
		}
		saw.changes = append(saw.changes, milliseconds(start, at))
		if err := sleep(ctx, 600*time.Millisecond); err != nil { // until its last status write is over
			return err
		}
	}
	agentNow, serverNow, now, err := f.used()
	saw.agent, saw.server, saw.took = agentNow-agent, serverNow-server, now.Sub(began)
	return err
}

// used is the CPU time of the agent and the API server by now.
func (f *fairness) used() (agent, server time.Duration, now time.Time, err error) {
	a, err := usageOf(f.agent.PID())
	if err != nil {
		return 0, 0, now, err
	}
	s, err := usageOf(f.cp.PIDs()[harness.APIServer])
	return a.cpu, s.cpu, time.Now(), err
}

// calm returns once the agent has had next to nothing to do for a while. Statuses of a burst wait for some seconds, so a
// short pause is no end.
func (f *fairness) calm(ctx context.Context) error {
	const look, looks = 2 * time.Second, 5
	for idle := 0; idle < looks; {
		before, _, _, err := f.used()
		if err != nil {
			return err
		}
		if err := sleep(ctx, look); err != nil {
			return err
		}
		now, _, _, err := f.used()
		if err != nil {
			return err
		}
		if idle++; now-before > look/20 {
			idle = 0
		}
	}
	return nil
}

// plainWrites writes an object of the quiet tenant again and again, without any agent: what the API server takes for it
// is its own part of what the others cost. The function that is returned ends it.
func (f *fairness) plainWrites(ctx context.Context, times *[]float64) func() {
	ctx, cancel := context.WithCancel(ctx)
	var writer sync.WaitGroup
	writer.Go(func() {
		resource := f.quiet.developer.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace(f.quiet.namespace)
		for i := 0; sleep(ctx, 150*time.Millisecond) == nil; i++ {
			start := time.Now()
			_, err := resource.Patch(ctx, "plain", types.MergePatchType, fmt.Appendf(nil, `{"data":{"count":"%d"}}`, i), metav1.PatchOptions{})
			if err == nil {
				*times = append(*times, milliseconds(start, time.Now()))
			}
		}
	})
	return func() { cancel(); writer.Wait() }
}

func milliseconds(from, to time.Time) float64 { return float64(to.Sub(from).Microseconds()) / 1000 }

// quantile of times; 0 when there are none.
func quantile(times []float64, percent int) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[min(len(sorted)*percent/100, len(sorted)-1)]
}

// printFairness compares what the quiet tenant saw beside others with what it saw alone right before.
func printFairness(out io.Writer, noise int, rows []fairRow) error {
	w := &strings.Builder{}
	fmt.Fprintf(w, "\nA tenant with %d workloads beside others, in milliseconds, as a multiple of what it took alone (target ≤ 2×). Others: %d workloads each.\n\n", quietOwners, noise)
	table := [][]string{{"beside", "one change, p50", "slowest", "three new workloads, p50", "slowest", "plain write, p50", "p99", "changes", "agent, cores", "API server, cores"}}
	for _, r := range rows {
		cell := func(of func(seen) []float64, percent int) string {
			value, alone := quantile(of(r.beside), percent), quantile(of(r.alone), percent)
			if alone == 0 {
				return fmt.Sprintf("%.0f", value)
			}
			return fmt.Sprintf("%.0f (%.1f× of %.0f)", value, value/alone, alone)
		}
		changes := func(s seen) []float64 { return s.changes }
		settles := func(s seen) []float64 { return s.settles }
		plain := func(s seen) []float64 { return s.plain }
		table = append(table, []string{
			r.others, cell(changes, 50), cell(changes, 100), cell(settles, 50), cell(settles, 100), cell(plain, 50), cell(plain, 99),
			fmt.Sprint(len(r.beside.changes)), fmt.Sprintf("%.2f", r.beside.cores(r.beside.agent)), fmt.Sprintf("%.2f", r.beside.cores(r.beside.server)),
		})
	}
	printAligned(w, table)
	_, err := io.WriteString(out, w.String())
	return err
}

// cores is how many processors were busy for so much of their time.
func (s seen) cores(used time.Duration) float64 { return used.Seconds() / s.took.Seconds() }
