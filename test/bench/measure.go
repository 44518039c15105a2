package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"

	"github.com/carto-run/carto/test/harness"
)

// bench is one subject at work on one control plane of its own.
type bench struct {
	name    string
	owners  *owners
	n       int
	opts    options
	cp      *harness.ControlPlane
	client  dynamic.Interface
	watcher *watcher
	subject subject
	result  result
	began   time.Time
	mark    harness.Mark
	cpu     usage // the subject's, at the mark
	server  usage // the API server's, at the mark
}

type scenario struct {
	name string
	run  func(*bench, context.Context) error
}

var scenarios = []scenario{
	{"settle", (*bench).coldSettle},
	{"settled", (*bench).settled},
	{"one", (*bench).oneAtATime},
	{"burst", (*bench).burst},
	{"edit", (*bench).templateEdit},
	{"restart", (*bench).restart},
	{"plugin", (*bench).plugin},
	{"foreign", (*bench).foreign},
	{"tui", (*bench).tui}, // the last: it ends the agent
}

// measure takes one subject through all scenarios.
func measure(ctx context.Context, name string, o *owners, n int, opts options) (_ result, err error) {
	b := &bench{name: name, owners: o, n: n, opts: opts, result: result{Subject: name, Owners: o.name, Number: n, Requests: map[string]map[string]int{}}}
	b.sayf("start a control plane, create %d %s", n, o.name)
	if b.cp, err = harness.Start(ctx, harness.Options{AuditLog: true}); err != nil {
		return b.result, err
	}
	defer func() { err = errors.Join(err, b.cp.Stop()) }()
	config := rest.CopyConfig(b.cp.Config)
	config.QPS = -1
	config.WarningHandler = rest.NoWarnings{} // warm lists deprecated kinds too
	if err := prepare(ctx, config, o, n); err != nil {
		return b.result, err
	}
	if b.client, err = dynamic.NewForConfig(config); err != nil {
		return b.result, fmt.Errorf("make a client: %w", err)
	}
	if b.watcher, err = newWatcher(config, o); err != nil {
		return b.result, err
	}
	stopActor, err := startActor(ctx, config, b.watcher, inFlight)
	if err != nil {
		return b.result, err
	}
	defer stopActor()
	watching, stopWatching := context.WithCancel(ctx)
	defer b.watcher.factory.Shutdown()
	defer stopWatching()
	b.watcher.start(watching)
	defer func() {
		if b.subject != nil {
			err = errors.Join(err, b.subject.Stop())
		}
	}()
	for _, s := range scenarios {
		if s.name != "settle" && len(opts.scenarios) > 0 && !slices.Contains(opts.scenarios, s.name) {
			continue // the settle comes always: the others start from there
		}
		if err := s.run(b, ctx); err != nil {
			return b.result, err
		}
	}
	return b.result, nil
}

// sayf tells how far the bench is.
func (b *bench) sayf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%s %-9s %s\n", time.Now().Format(time.TimeOnly), b.name, fmt.Sprintf(format, args...))
}

// coldSettle starts the subject among owners that are there already, and waits until all of them are ready.
func (b *bench) coldSettle(ctx context.Context) (err error) {
	b.sayf("cold settle")
	b.watcher.expect("seed")
	if err := b.warm(ctx); err != nil {
		return err
	}
	if err := b.begin(ctx); err != nil {
		return err
	}
	if b.subject, err = startSubject(b.name, b.cp); err != nil {
		return err
	}
	b.cpu = usage{}
	profiled := b.profileCPU(ctx, "settle", 100)
	if err := b.watcher.awaitAll(ctx, b.n); err != nil {
		return fmt.Errorf("settle: %w", err)
	}
	b.result.Settle = since(b.began)
	if err := b.end(ctx, "settle", &b.result.SettleCost); err != nil {
		return err
	}
	return profiled()
}

// warm lists every kind once: the API server makes the storage of a kind ready at the first request, which takes it a second
// that neither subject should pay.
func (b *bench) warm(ctx context.Context) error {
	client, err := discovery.NewDiscoveryClientForConfig(b.cp.Config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	lists, err := client.ServerPreferredResources()
	if err != nil {
		return fmt.Errorf("discover the kinds: %w", err)
	}
	for _, list := range lists {
		version, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return fmt.Errorf("discover the kinds: %w", err)
		}
		for _, resource := range list.APIResources {
			if !slices.Contains(resource.Verbs, "list") {
				continue
			}
			if _, err := b.client.Resource(version.WithResource(resource.Name)).List(ctx, metav1.ListOptions{Limit: 1}); err != nil {
				return fmt.Errorf("list %s: %w", resource.Name, err)
			}
		}
	}
	return nil
}

// settled counts the requests while nothing happens.
func (b *bench) settled(ctx context.Context) error {
	b.sayf("wait until it is quiet")
	began := b.began
	if err := b.quiet(ctx); err != nil {
		return err
	}
	requests, err := b.requests(ctx)
	if err != nil {
		return err
	}
	for _, r := range requests {
		b.result.Quiet = max(b.result.Quiet, r.Time.Sub(began).Seconds())
	}
	b.result.Requests["until quiet"] = count(requests)
	b.sayf("count requests for %s at rest", b.opts.settled)
	if err := b.begin(ctx); err != nil {
		return err
	}
	if err := sleep(ctx, b.opts.settled); err != nil {
		return err
	}
	if err := b.end(ctx, "settled", &cost{}); err != nil {
		return err
	}
	used, err := usageOf(b.subject.PID())
	if err != nil {
		return err
	}
	b.result.Resident = used.resident
	return b.profileHeap(ctx)
}

// oneAtATime has changed values travel from the first step to the last, each alone: not beside the events of what was before.
func (b *bench) oneAtATime(ctx context.Context) error {
	if err := b.quiet(ctx); err != nil {
		return err
	}
	b.sayf("%d changes, one at a time", b.opts.changes)
	if err := b.begin(ctx); err != nil {
		return err
	}
	var times []float64
	for i := range b.opts.changes {
		name, value := nameOf(i*7919%b.n), fmt.Sprintf("one-%d", i)
		start := time.Now()
		if err := b.owners.change(ctx, b.client, name, value); err != nil {
			return err
		}
		at, err := b.watcher.awaitArrival(ctx, name, value)
		if err != nil {
			return fmt.Errorf("change %d: %w", i, err)
		}
		times = append(times, float64(at.Sub(start).Microseconds())/1000)
		if err := sleep(ctx, 600*time.Millisecond); err != nil { // until its last status write is over
			return err
		}
	}
	slices.Sort(times)
	b.result.PropagationP50, b.result.PropagationP99 = times[len(times)/2], times[len(times)*99/100]
	return b.end(ctx, "one at a time", &cost{})
}

// burst changes the first value of all owners at once.
func (b *bench) burst(ctx context.Context) error {
	b.sayf("burst of %d changes", b.n)
	b.watcher.expect("burst")
	if err := b.begin(ctx); err != nil {
		return err
	}
	profiled := b.profileCPU(ctx, "burst", 100)
	if err := b.setAll(ctx, "burst"); err != nil {
		return err
	}
	if err := b.watcher.awaitAll(ctx, b.n); err != nil {
		return fmt.Errorf("burst: %w", err)
	}
	b.result.Burst = b.watcher.lastArrival().Sub(b.began).Seconds()
	if err := b.end(ctx, "burst", &b.result.BurstCost); err != nil {
		return err
	}
	return profiled()
}

func (b *bench) setAll(ctx context.Context, value string) error {
	return forAll(ctx, b.n, func(ctx context.Context, i int) error {
		return b.owners.change(ctx, b.client, nameOf(i), value)
	})
}

// templateEdit changes a template; the yardstick has none.
func (b *bench) templateEdit(ctx context.Context) error {
	if b.name != cartoName {
		return nil
	}
	if err := b.quiet(ctx); err != nil {
		return err
	}
	b.sayf("edit a template")
	b.watcher.expect(editedMark + "burst")
	if err := b.begin(ctx); err != nil {
		return err
	}
	if _, err := harness.Apply(ctx, b.cp.Config, namespace, b.owners.edited); err != nil {
		return err
	}
	if err := b.watcher.awaitAll(ctx, b.n); err != nil {
		return fmt.Errorf("template edit: %w", err)
	}
	b.result.TemplateEdit = b.watcher.lastArrival().Sub(b.began).Seconds()
	if err := sleep(ctx, time.Second); err != nil { // for the last statuses
		return err
	}
	return b.end(ctx, "template edit", &cost{})
}

// begin remembers where a scenario starts.
func (b *bench) begin(ctx context.Context) (err error) {
	if b.mark, err = b.cp.Mark(ctx); err != nil {
		return err
	}
	if b.server, err = usageOf(b.cp.PIDs()[harness.APIServer]); err != nil {
		return err
	}
	if b.subject != nil {
		if b.cpu, err = usageOf(b.subject.PID()); err != nil {
			return err
		}
	}
	b.began = time.Now()
	return nil
}

// end takes down what a scenario has cost.
func (b *bench) end(ctx context.Context, scenario string, c *cost) error {
	server, err := usageOf(b.cp.PIDs()[harness.APIServer])
	if err != nil {
		return err
	}
	used, err := usageOf(b.subject.PID())
	if err != nil {
		return err
	}
	c.CPU, c.ServerCPU = (used.cpu - b.cpu.cpu).Seconds(), (server.cpu - b.server.cpu).Seconds()
	requests, err := b.requests(ctx)
	b.result.Requests[scenario] = count(requests)
	return err
}

// requests are the subject's since the mark, without watches and the lease.
func (b *bench) requests(ctx context.Context) ([]harness.Request, error) {
	return b.cp.Requests(ctx, harness.Filter{UserAgent: userAgents[b.name], Since: b.mark, Match: func(r harness.Request) bool {
		return r.Verb != "watch" && r.Resource != "leases"
	}})
}

// quiet waits until the subject has sent nothing for three seconds.
func (b *bench) quiet(ctx context.Context) error {
	for {
		requests, err := b.requests(ctx)
		if err != nil {
			return err
		}
		if len(requests) == 0 || time.Since(requests[len(requests)-1].Time) > 3*time.Second {
			return nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

// count counts requests by verb and resource.
func count(requests []harness.Request) map[string]int {
	counts := map[string]int{}
	for _, r := range requests {
		resource := r.Resource
		if r.Subresource != "" {
			resource += "/" + r.Subresource
		}
		if r.Group == group {
			resource = "stamped objects"
		}
		if resource == "" {
			resource, _, _ = strings.Cut(r.URI, "?")
		}
		counts[r.Verb+" "+resource]++
	}
	return counts
}

func since(t time.Time) float64 { return time.Since(t).Seconds() }

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
