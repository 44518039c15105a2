package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/api/v1alpha1/crds"
	"github.com/carto-run/carto/test/harness"
)

// fairnessScenario has tenants of its own, so it is none of the others. It runs only when it is asked for.
const fairnessScenario = "fairness"

const (
	// quietOwners are the quiet tenant's workloads, and how many new ones it makes now and then.
	quietOwners = 3
	// slowOwners are the workloads of the tenant with the slow webhook, more than the agent has workers.
	slowOwners = 64
	slowAnswer = 10 * time.Second
	// settleEvery is after how many changes the quiet tenant makes new workloads.
	settleEvery = 8
	// tenantActor is how many requests the controllers of one tenant's kinds have under way at a time.
	tenantActor = 4
)

// fairTenant is a namespace with a supply chain of its own, and with controllers of what it stamps.
type fairTenant struct {
	*owners
	watcher *watcher
}

// fairRow is what the quiet tenant saw beside others.
type fairRow struct {
	beside                  string
	changes, settles, plain []float64 // milliseconds: one change, the settle of three new workloads, a plain write of the bench
	agent, server           float64   // processors that were busy
}

// fairness is the scenario at work.
type fairness struct {
	opts   options
	cp     *harness.ControlPlane
	config *rest.Config
	client dynamic.Interface
	agent  subject
	quiet  *fairTenant
	made   int // how many workloads the quiet tenant has made

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
	if err == nil {
		err = printFairness(os.Stdout, opts.noise, rows)
	}
	return err
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
	for _, name := range []string{"quiet", "many", "slow", "more"} {
		t, err := f.tenant(ctx, name)
		if err != nil {
			return nil, err
		}
		tenants[name] = t
	}
	f.quiet = tenants["quiet"]
	if err := f.newcomers(ctx, quietOwners); err != nil {
		return nil, err
	}

	var rows []fairRow
	measure := func(beside string, all ...noise) error {
		row, err := f.beside(ctx, beside, all...)
		rows = append(rows, row)
		return err
	}
	if err := measure("nobody"); err != nil {
		return rows, err
	}
	if err := measure(fmt.Sprintf("one that creates %d workloads", f.opts.noise), f.crowd(tenants["many"])); err != nil {
		return rows, err
	}
	f.sayf("wait until these are ready")
	if err := tenants["many"].watcher.awaitAll(ctx, f.opts.noise); err != nil {
		return rows, err
	}
	if err := measure("one that edits their template each second", f.editor(tenants["many"])); err != nil {
		return rows, err
	}
	f.sayf("wait until the last edit has been worked off")
	if err := f.calm(ctx); err != nil {
		return rows, err
	}
	if err := measure(fmt.Sprintf("one whose webhook answers after %s", slowAnswer), f.slow(tenants["slow"], 0)); err != nil {
		return rows, err
	}
	return rows, measure("all three", f.crowd(tenants["more"]), f.editor(tenants["many"]), f.slow(tenants["slow"], slowOwners))
}

func (f *fairness) start(ctx context.Context) (err error) {
	if f.cp, err = harness.Start(ctx, harness.Options{}); err != nil {
		return err
	}
	f.stop = append(f.stop, f.cp.Stop)
	f.config = rest.CopyConfig(f.cp.Config)
	f.config.QPS = -1
	f.config.WarningHandler = rest.NoWarnings{}
	if f.client, err = dynamic.NewForConfig(f.config); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	manifests, err := crds.Raw()
	if err != nil {
		return fmt.Errorf("read Carto's CRDs: %w", err)
	}
	for _, kind := range kinds {
		manifests = append(manifests, fmt.Appendf(nil, crdFormat, kind, resourceOf(kind).Resource, group))
	}
	for _, manifest := range append(manifests, []byte(account)) {
		if _, err := harness.Apply(ctx, f.config, namespace, string(manifest)); err != nil {
			return err
		}
	}
	if f.agent, err = startSubject(cartoName, f.cp); err != nil {
		return err
	}
	f.stop = append(f.stop, f.agent.Stop)
	return f.agent.AwaitReady(ctx)
}

const tenantAccount = `
apiVersion: v1
kind: Namespace
metadata: { name: NS }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: stamper, namespace: NS }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: stamper, namespace: NS }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: bench-stamper }
subjects: [{ kind: ServiceAccount, name: stamper, namespace: NS }]
---
apiVersion: v1
kind: ConfigMap
metadata: { name: plain, namespace: NS }
---
`

// tenant makes a tenant without workloads.
func (f *fairness) tenant(ctx context.Context, name string) (*fairTenant, error) {
	of := *allOwners[0]
	of.namespace, of.label = name, name
	of.manifests = strings.NewReplacer("name: bench }", "name: "+name+" }", `"yes"`, name).Replace(supplyChain)
	t := &fairTenant{owners: &of}
	if _, err := harness.Apply(ctx, f.config, name, strings.ReplaceAll(tenantAccount, "NS", name)+of.manifests); err != nil {
		return nil, err
	}
	var err error
	if t.watcher, err = newWatcher(f.config, t.owners); err != nil {
		return nil, err
	}
	stopActor, err := startActor(ctx, f.config, t.watcher, tenantActor)
	if err != nil {
		return nil, err
	}
	watching, stopWatching := context.WithCancel(ctx)
	f.stop = append(f.stop, func() error {
		stopWatching()
		t.watcher.factory.Shutdown()
		stopActor()
		return nil
	})
	t.watcher.start(watching)
	t.watcher.expect("seed")
	return t, nil
}

// newcomers makes new workloads of the quiet tenant, and returns when they are ready.
func (f *fairness) newcomers(ctx context.Context, n int) error {
	from := f.made
	f.made += n
	for i := from; i < f.made; i++ {
		if _, err := f.client.Resource(f.quiet.resource).Namespace(f.quiet.namespace).Create(ctx, f.quiet.object(i), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("create a workload of the quiet tenant: %w", err)
		}
	}
	return f.quiet.watcher.await(ctx, func() bool {
		for i := from; i < f.made; i++ {
			if !f.quiet.watcher.ready[nameOf(i)] {
				return false
			}
		}
		return true
	})
}

// beside measures the quiet tenant while others make noise, as long as they do, but at most as many changes as were asked for.
func (f *fairness) beside(ctx context.Context, others string, all ...noise) (row fairRow, err error) {
	row.beside = others
	f.sayf("beside %s", others)
	busy := func() bool { return true }
	for _, begin := range all {
		stillBusy, end, err := begin(ctx)
		if err != nil {
			return row, err
		}
		defer func() { err = errors.Join(err, end()) }()
		before := busy
		busy = func() bool { return before() && stillBusy() }
	}
	agent, server, began, err := f.used()
	if err != nil {
		return row, err
	}
	stopPlain := f.plainWrites(ctx, &row.plain)
	for i := range f.opts.changes {
		if !busy() {
			f.sayf("the others have done all that they wanted after %d changes", i)
			break
		}
		if i%settleEvery == 0 {
			start := time.Now()
			if err := f.newcomers(ctx, quietOwners); err != nil {
				return row, err
			}
			row.settles = append(row.settles, milliseconds(start, time.Now()))
		}
		name, value := nameOf(i%quietOwners), fmt.Sprintf("%s-%d", strings.ReplaceAll(others, " ", "-"), i)
		start := time.Now()
		if err := f.quiet.change(ctx, f.client, name, value); err != nil {
			return row, err
		}
		at, err := f.quiet.watcher.awaitArrival(ctx, name, value)
		if err != nil {
			return row, fmt.Errorf("change %d: %w", i, err)
		}
		row.changes = append(row.changes, milliseconds(start, at))
		if err := sleep(ctx, 600*time.Millisecond); err != nil { // until its last status write is over
			return row, err
		}
	}
	stopPlain()
	agentNow, serverNow, now, err := f.used()
	took := now.Sub(began).Seconds()
	row.agent, row.server = (agentNow-agent).Seconds()/took, (serverNow-server).Seconds()/took
	return row, err
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

// calm returns once the agent has next to nothing to do.
func (f *fairness) calm(ctx context.Context) error {
	for {
		before, _, _, err := f.used()
		if err != nil {
			return err
		}
		if err := sleep(ctx, 2*time.Second); err != nil {
			return err
		}
		now, _, _, err := f.used()
		if err != nil || now-before < 100*time.Millisecond {
			return err
		}
	}
}

// plainWrites writes an object of the quiet tenant again and again, without any agent: what the API server takes for it
// is its own part of what the others cost. The function that is returned ends it.
func (f *fairness) plainWrites(ctx context.Context, times *[]float64) func() {
	ctx, cancel := context.WithCancel(ctx)
	var writer sync.WaitGroup
	writer.Go(func() {
		resource := f.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}).Namespace(f.quiet.namespace)
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

// noise begins something. Busy says whether it goes on, and end returns once it is over.
type noise = func(context.Context) (busy func() bool, end func() error, err error)

// crowd creates many workloads, and is busy until all of them are ready.
func (f *fairness) crowd(t *fairTenant) noise {
	return func(ctx context.Context) (func() bool, func() error, error) {
		created := make(chan error, 1)
		go func() {
			created <- forSome(ctx, tenantActor, f.opts.noise, func(ctx context.Context, i int) error {
				_, err := f.client.Resource(t.resource).Namespace(t.namespace).Create(ctx, t.object(i), metav1.CreateOptions{})
				return err
			})
		}()
		return func() bool {
			t.watcher.mu.Lock()
			defer t.watcher.mu.Unlock()
			return t.watcher.there < f.opts.noise
		}, func() error { return <-created }, nil
	}
}

// editor changes a template that all workloads of a tenant use, once a second.
func (f *fairness) editor(t *fairTenant) noise {
	return func(ctx context.Context) (func() bool, func() error, error) {
		ctx, cancel := context.WithCancel(ctx)
		edited := make(chan error, 1)
		resource := f.client.Resource(v1alpha1.KindOf(v1alpha1.KindClusterConfigTemplate).Resource())
		go func() {
			for i := 0; ; i++ {
				patch, err := json.Marshal(map[string]any{"spec": map[string]any{"template": map[string]any{"spec": map[string]any{"input": fmt.Sprintf("%d-$(image)$", i)}}}})
				if err == nil {
					_, err = resource.Patch(ctx, t.namespace, types.MergePatchType, patch, metav1.PatchOptions{})
				}
				if err == nil {
					err = sleep(ctx, time.Second)
				}
				if err != nil {
					if ctx.Err() != nil {
						err = nil
					}
					edited <- err
					return
				}
			}
		}()
		always := func() bool { return true }
		return always, func() error { cancel(); return <-edited }, nil
	}
}

// slow has workloads, from the given number on, whose namespace is guarded by a webhook that answers late for everything that is
// created and updated there: the workloads, what is stamped, statuses and events.
func (f *fairness) slow(t *fairTenant, from int) noise {
	return func(ctx context.Context) (func() bool, func() error, error) {
		for i := from; i < from+slowOwners; i++ {
			w := t.object(i)
			w.SetLabels(nil) // so that nothing selects it before the webhook is there
			if _, err := f.client.Resource(t.resource).Namespace(t.namespace).Create(ctx, w, metav1.CreateOptions{}); err != nil {
				return nil, nil, fmt.Errorf("create a workload of the slow tenant: %w", err)
			}
		}
		hook, err := harness.StartWebhook(ctx, f.config, t.namespace, "*", "*/*", func(ctx context.Context) {
			_ = sleep(ctx, slowAnswer) // ends early when nobody waits any more
		})
		if err != nil {
			return nil, nil, err
		}
		labelled := make(chan error, 1)
		go func() {
			patch := fmt.Appendf(nil, `{"metadata":{"labels":{"bench":%q}}}`, t.label)
			labelled <- forSome(ctx, slowOwners, slowOwners, func(ctx context.Context, i int) error {
				_, err := f.client.Resource(t.resource).Namespace(t.namespace).Patch(ctx, nameOf(from+i), types.MergePatchType, patch, metav1.PatchOptions{})
				return err
			})
		}()
		err = errors.Join(<-labelled, f.quiet.watcher.await(ctx, func() bool { return hook.Asked() > slowOwners }))
		always := func() bool { return true }
		return always, func() error { return hook.Stop() }, err
	}
}

func milliseconds(from, to time.Time) float64 { return float64(to.Sub(from).Microseconds()) / 1000 }

// quantile of times; 0 when there are none.
func quantile(times []float64, percent int) float64 {
	if len(times) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)*percent/100]
}

// printFairness compares what the quiet tenant saw beside others with what it saw alone, which comes first.
func printFairness(out io.Writer, noise int, rows []fairRow) error {
	w := &strings.Builder{}
	fmt.Fprintf(w, "\nA tenant with %d workloads, alone and beside others, in milliseconds and as a multiple of alone (target ≤ 2×). Others: %d workloads each.\n\n", quietOwners, noise)
	table := [][]string{{"beside", "one change, p50", "p99", "three new workloads, p50", "slowest", "plain write, p50", "p99", "changes", "agent, cores", "API server, cores"}}
	alone := rows[0]
	for _, r := range rows {
		cell := func(of func(fairRow) []float64, percent int) string {
			value, first := quantile(of(r), percent), quantile(of(alone), percent)
			if first == 0 || r.beside == alone.beside {
				return fmt.Sprintf("%.0f", value)
			}
			return fmt.Sprintf("%.0f (%.1f×)", value, value/first)
		}
		changes := func(r fairRow) []float64 { return r.changes }
		settles := func(r fairRow) []float64 { return r.settles }
		plain := func(r fairRow) []float64 { return r.plain }
		table = append(table, []string{
			r.beside, cell(changes, 50), cell(changes, 99), cell(settles, 50), cell(settles, 99), cell(plain, 50), cell(plain, 99),
			fmt.Sprint(len(r.changes)), fmt.Sprintf("%.2f", r.agent), fmt.Sprintf("%.2f", r.server),
		})
	}
	printAligned(w, table)
	_, err := io.WriteString(out, w.String())
	return err
}
