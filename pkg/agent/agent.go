package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/clock"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/realize"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/ytt"
)

// Config of the agent. The zero value of each field but Client has a default.
type Config struct {
	// Client configuration with the agent's own identity.
	Client *rest.Config
	// Workers is the number of owners worked on at once; default 16. Four to sixteen
	// writes in flight are as much as an API server makes use of. One namespace gets three
	// quarters of them, a quarter while others are at work; those that wait long for an
	// answer do not count.
	Workers int
	// Election of one active replica; nil: this is the only one.
	Election *Election
	// Shards makes this one of several active replicas; nil: it works on all owners. It
	// excludes Election.
	Shards *Shards
	// HealthAddress and MetricsAddress to listen on; empty: not served.
	HealthAddress, MetricsAddress string
	// MetricsSecure serves metrics by TLS, and only to those whom the API server knows by
	// their token and allows to get the path.
	MetricsSecure bool
	// MetricsCertificate and MetricsKey are files in PEM; empty: the agent signs itself.
	MetricsCertificate, MetricsKey string
	// Profiling serves /debug/pprof beside the metrics.
	Profiling bool
	// Templates says what templates may cost.
	Templates stamp.Options
	// Log receives structured logs; default slog.Default().
	Log *slog.Logger
	// Version is part of the user agent.
	Version string
	// Started, when set, is called once the caches are synced.
	Started func()
	// Idle, when set, is called each time that the agent has nothing left to do.
	Idle func()
	// Patience with requests that bring nothing.
	Patience Patience
	// PageSize is how many objects a list asks for at once; default 50 000.
	PageSize int64
	// Clock tells the time; default: the system's. Tests set it forward and back.
	Clock clock.WithTicker
}

// DefaultTemplates is what templates may cost unless the configuration says otherwise.
func DefaultTemplates() stamp.Options {
	return stamp.Options{Ytt: ytt.DefaultLimits(), YttTime: stamp.DefaultYttTime, YttSlots: newYttSlots(runtime.GOMAXPROCS(0), clock.RealClock{})}
}

const (
	defaultWorkers = 16
	// statusWorkers is how many statuses are written at once, four of them of one namespace.
	statusWorkers = 6
	// shutdownTime is how long writes in flight, and statuses that wait, may take after
	// the agent was told to stop.
	shutdownTime = 10 * time.Second
	// discoveryTime bounds a look at discovery, for which all passes wait.
	discoveryTime = 10 * time.Second
	// preloadTime bounds how long a start waits for the objects stamped before: a kind
	// whose list takes without end must not keep all others waiting.
	preloadTime = 30 * time.Second
	// sayWaiting is how often a start says what it waits for.
	sayWaiting = 10 * time.Second
	// maxPreloads bounds the kinds that are listed at a start. Other kinds wait for the turn
	// of an owner that stamps them.
	maxPreloads = 128
)

// Agent is the running agent.
type Agent struct {
	config  Config
	log     *slog.Logger
	clock   clock.WithTicker
	metrics *metrics

	mapper   *kindMapper
	crds     *crdWatch
	catalog  *catalog
	access   *accessWatch
	watches  *watchSet
	accounts *accountClients
	own      rest.Interface // with the agent's own identity
	reviews  rest.Interface // likewise, of who may read metrics, past the fence

	depends      *dependencyIndex
	wakes        *wakes[any]   // of things that owners depend on
	grants       *wakes[grant] // by which accounts may have gained rights
	progress     *progressBook
	changes      *changeTimes
	statuses     *statusBook
	statusWriter *statusWriter
	events       *recorder
	inspector    *inspector
	share        *share // nil without shards
	fence        *fence // nil without shards

	turns          *fairQueue[ownerKey] // inside of queue
	queue          workqueue.TypedRateLimitingInterface[ownerKey]
	blueprintQueue workqueue.TypedRateLimitingInterface[blueprintKey]

	// epoch counts changes of things that owners depend on.
	epoch  atomic.Uint64
	passed atomic.Uint64 // counts passes
	synced atomic.Bool
	// preloads are the lists of stamped objects that a start waits for, once it does.
	preloads atomic.Pointer[firstLists]
	stopping atomic.Bool
	// informers is the context in which watches of stamped kinds run.
	informers context.Context //nolint:containedctx // watches start in the middle of passes, and must outlive them
}

// Run runs an agent until the context ends, then finishes the writes in flight and
// writes the statuses that wait. It returns nil after an orderly end.
func Run(ctx context.Context, config Config) error {
	a, err := newAgent(config)
	if err != nil {
		return err
	}
	return a.run(ctx)
}

func newAgent(config Config) (*Agent, error) {
	if config.Workers <= 0 {
		config.Workers = defaultWorkers
	}
	if config.PageSize <= 0 {
		config.PageSize = pageSize
	}
	if config.Log == nil {
		config.Log = slog.Default()
	}
	if config.Clock == nil {
		config.Clock = clock.RealClock{}
	}
	userAgent := "carto-agent/" + config.Version
	var own *share
	var limit *fence
	if config.Shards != nil {
		own, limit = newShare(config.Shards.Name), newFence()
		userAgent += " (" + own.id + ")" // so that an audit log tells who wrote what
	}
	client := unthrottled(config.Client, userAgent)
	config.Patience.apply(client)
	reviews, err := rawClient(client)
	if err != nil {
		return nil, fmt.Errorf("configure a client: %w", err)
	}
	if limit != nil {
		client.Wrap(limit.wrap)
	}
	cluster, err := codecClient(client, clusterCodec)
	if err != nil {
		return nil, fmt.Errorf("configure a client: %w", err)
	}
	metadataClient, err := metadata.NewForConfig(client)
	if err != nil {
		return nil, fmt.Errorf("configure a client: %w", err)
	}
	discovering := rest.CopyConfig(client)
	discovering.Timeout = discoveryTime
	discoveryClient, err := discovery.NewDiscoveryClientForConfig(discovering)
	if err != nil {
		return nil, fmt.Errorf("configure a client: %w", err)
	}
	carto, err := cartoClient(client)
	if err != nil {
		return nil, fmt.Errorf("configure a client: %w", err)
	}
	objects, err := codecClient(client, storedCodec)
	if err != nil {
		return nil, fmt.Errorf("configure a client: %w", err)
	}
	raw, err := rawClient(client)
	if err != nil {
		return nil, fmt.Errorf("configure a client: %w", err)
	}

	m := newMetrics()
	failed := func(resource schema.GroupResource, err error) {
		m.watchFailures.WithLabelValues(resource.String()).Inc()
		config.Log.Warn("cannot watch objects; trying again", "resource", resource.String(), "err", err)
	}
	a := &Agent{
		config: config, log: config.Log, clock: config.Clock, metrics: m,
		mapper: newKindMapper(discoveryClient), catalog: newCatalog(reader{carto, cartoCodec, config.PageSize, failed}, config.Templates), accounts: newAccountClients(client), own: raw, reviews: reviews,
		depends: newDependencyIndex(), progress: newProgressBook(), changes: &changeTimes{at: map[ownerKey]time.Time{}},
		share: own, fence: limit,
	}
	a.turns, a.queue = newOwnerQueue("owners", slotsOf(config.Workers), maxBackoff, a.progress.get, clock.RealClock{})
	a.wakes, a.grants = newWakes(clock.RealClock{}, a.wakeAll), newWakes(clock.RealClock{}, a.wakeRefused)
	a.blueprintQueue = workqueue.NewTypedRateLimitingQueue(workqueue.NewTypedItemExponentialFailureRateLimiter[blueprintKey](firstBackoff, maxBackoff))
	known := reader{cluster, clusterCodec, config.PageSize, failed}
	a.crds = newCRDWatch(known, a.crdChanged)
	a.access = newAccessWatch(known, a.accountChanged, a.rightsChanged)
	a.watches = newWatchSet(reader{objects, storedCodec, config.PageSize, nil}, metadataClient, a.log, a.metrics, a.wake, a.selectionChanged)
	a.watches.holdings.isOwner = a.catalog.isOwner
	a.statusWriter = &statusWriter{client: carto, metrics: a.metrics, share: own}
	a.statuses = newStatusBook(a.statusWriter, a.clock, a.persistedStatus, a.turns.waitingOf, func(key ownerKey, err error) {
		a.log.Info("cannot write a status, will be tried again", "owner", key.String(), "err", err)
	})
	a.events = newRecorder(raw, clock.RealClock{}, a.log, a.metrics)
	a.inspector = newInspector(a.catalog.files, a.clock)
	a.metrics.gauge("carto_queue_depth", "Owners that wait for a pass.", nil, func() float64 { return float64(a.queue.Len()) })
	a.metrics.gauge("carto_slow_passes", "Passes that have waited for answers of the API server for more than a second.", nil, func() float64 { return float64(a.turns.slow()) })
	a.metrics.gauge("carto_statuses_waiting", "Statuses of owners that are not written yet.", nil, func() float64 { return float64(a.statuses.waiting()) })
	a.countBooks()
	a.metrics.registry.MustRegister(contests{a.watches, a.clock})
	a.shareGauges()
	for _, kind := range v1alpha1.Kinds {
		switch kind.Role {
		case v1alpha1.RoleOwner:
			a.handleOwners(kind.Name)
		case v1alpha1.RoleBlueprint:
			a.handleBlueprints(kind.Name)
		case v1alpha1.RoleTemplate:
			a.handleTemplates(kind.Name)
		}
	}
	return a, nil
}

func (a *Agent) run(ctx context.Context) error {
	// Informers outlive the workers, so that these read nothing stale while they finish.
	informers, stopInformers := context.WithCancel(context.WithoutCancel(ctx))
	a.informers = informers
	var background sync.WaitGroup
	defer func() {
		stopInformers()
		background.Wait()
		a.watches.wait()
		closeIdle(a.config.Client)
	}()

	servers, err := a.serve(&background)
	if err != nil {
		return err
	}
	defer servers.stop()

	if err := a.fillCaches(ctx, &background); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop before there was anything to do
		}
		return err
	}
	a.synced.Store(true)
	a.log.Info("caches are synced")
	if a.config.Started != nil {
		a.config.Started()
	}
	switch {
	case a.config.Shards != nil:
		return a.config.Shards.run(ctx, a)
	case a.config.Election != nil:
		return a.config.Election.run(ctx, a)
	}
	a.lead(ctx, context.WithoutCancel(ctx))
	return nil
}

// fillCaches starts the informers and returns when their caches are full and their handlers
// have heard of what is in them: a pass before a template is compiled would miss it.
func (a *Agent) fillCaches(ctx context.Context, background *sync.WaitGroup) error {
	start := func(informer cache.SharedIndexInformer) {
		background.Go(func() { informer.RunWithContext(a.informers) })
	}
	start(a.crds.informer)
	if err := a.crds.await(ctx, a.log); err != nil {
		return err
	}
	for _, informer := range a.catalog.informers {
		start(informer)
	}
	for _, informer := range a.access.informers {
		start(informer)
	}
	if !slices.Concat(a.catalog.lists, a.access.lists).await(ctx, a.log, sayWaiting) {
		return errors.New("stopped while the caches were filled")
	}
	stamped := a.preloadWatches(a.informers)
	a.preloads.Store(&stamped)
	enough, stop := context.WithTimeout(ctx, preloadTime)
	defer stop()
	if !stamped.await(enough, a.log, sayWaiting) && ctx.Err() == nil {
		a.log.Warn("some kinds of stamped objects are not listed yet; their owners will wait for them", "resources", stamped.outstanding())
	}
	return ctx.Err()
}

// outstanding are the resources whose first list a start still waits for. It can be called at any time.
func (a *Agent) outstanding() []string {
	lists := slices.Concat(a.crds.lists, a.catalog.lists, a.access.lists)
	if stamped := a.preloads.Load(); stamped != nil {
		lists = append(lists, *stamped...)
	}
	return lists.outstanding()
}

// lead does the work until ctx ends, then finishes what was begun; but no longer than
// allowed, which ends when another replica may be at work.
func (a *Agent) lead(ctx, allowed context.Context) {
	a.metrics.leading.Set(1)
	defer a.metrics.leading.Set(0)
	a.log.Info("working", "workers", a.config.Workers)

	// Writes in flight survive the end of ctx for a while.
	writes, cancelWrites := context.WithCancel(allowed)
	defer cancelWrites()
	events, stopEvents := context.WithCancel(writes)
	defer stopEvents()
	var workers, writers, recorders sync.WaitGroup
	workers.Go(func() { a.workOwners(writes) })
	// Before the first status is written: one that lacks what is known would be written twice.
	a.inspector.inspect()
	workers.Go(func() { a.workBlueprints(writes) })
	writers.Go(func() { a.statuses.work(writes) })
	recorders.Go(func() { a.events.work(events) })
	recorders.Go(func() { a.sweep(events) })
	if a.config.Idle != nil {
		recorders.Go(func() { a.watchIdle(events) })
	}
	recorders.Go(func() { a.inspector.work(events, a.blueprintQueue.Add) })

	<-ctx.Done()
	if allowed.Err() == nil {
		a.log.Info("stopping: finishing the writes in flight")
	}
	a.stopping.Store(true)
	deadline := time.AfterFunc(shutdownTime, cancelWrites)
	defer deadline.Stop()
	a.queue.ShutDown()
	a.blueprintQueue.ShutDown()
	workers.Wait()
	a.statuses.queue.ShutDown()
	writers.Wait()
	if writes.Err() == nil {
		a.statuses.flushAll(writes)
	}
	stopEvents()
	recorders.Wait()
	a.log.Info("stopped", "statusesLost", a.statuses.waiting())
}

// lookForKinds wakes the owners whose kind has come without a CRD, by an aggregated API server: no
// watch tells of that.
func (a *Agent) lookForKinds() {
	unknown := a.depends.unknownKinds()
	if len(unknown) == 0 {
		return
	}
	a.mapper.refresh()
	for _, kind := range unknown {
		if a.mapper.has(schema.GroupKind(kind)) {
			a.wakes.changed(kind)
		}
	}
}

// sweep looks now and then for watches that nothing needs any more, and for what no watch tells.
func (a *Agent) sweep(ctx context.Context) {
	ticker := time.NewTicker(time.Minute)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			a.stopUnused()
			a.watches.forgetVanished()
			a.statuses.forgetSeen(a.seenVersion)
			a.accounts.forgetGone(a.access.accountExists)
			a.lookForKinds()
		}
	}
}

func (a *Agent) persistedStatus(key ownerKey) (realize.OwnerStatus, uint64, bool) {
	object := a.catalog.owner(key)
	if object == nil {
		return realize.OwnerStatus{}, 0, false
	}
	return realize.StatusOf(object), resourceVersion(object), true
}

// discoveryLag is how long the API server may take until discovery, or its authorizer,
// knows of a change that a watch has already reported.
var discoveryLag = []time.Duration{0, 300 * time.Millisecond, 2 * time.Second}

// crdChanged wakes the owners that wait for a kind, and those that stamp it: while it goes
// away, discovery still has it, and what the API server then answers is nothing that it
// would tell by a watch.
func (a *Agent) crdChanged(d *definition) {
	a.sayWhetherOwn(d)
	if d.deleted {
		a.metrics.forget(d.Name)
	}
	a.epoch.Add(1)
	a.mapper.invalidate()
	a.watches.restart(a.informers, d.group, d.plural)
	for _, lag := range discoveryLag {
		time.AfterFunc(lag, func() {
			if a.stopping.Load() {
				return
			}
			a.mapper.invalidate()
			kind := schema.GroupKind{Group: d.group, Kind: d.kind}
			for _, owner := range append(a.depends.of(unknownKind(kind)), a.depends.of(kind)...) {
				a.wake(owner)
			}
		})
	}
}

func (a *Agent) accountChanged(account realize.Account) {
	a.epoch.Add(1)
	if !a.access.accountExists(account) {
		a.accounts.forget(account)
	}
	a.wakes.changed(account)
}

// rightsChanged is told of each role and binding that appears or changes.
func (a *Agent) rightsChanged(by grant) {
	a.epoch.Add(1)
	a.grants.changed(by)
}

// wakeRefused wakes the owners whom a change of a role or binding may concern, also those of
// whose refusal the agent hears while the API server's authorizer still lags behind.
func (a *Agent) wakeRefused(by grant) {
	for _, lag := range discoveryLag {
		time.AfterFunc(lag, func() {
			for _, thing := range a.waitingFor(by) {
				a.wakes.changed(thing)
			}
		})
	}
}

// waitingFor lists the accounts that may have gained rights by a role or binding, and what
// stands for all owners that wait for rights of the agent itself, whose own account it does
// not know.
func (a *Agent) waitingFor(by grant) []any {
	var waiting []any
	if helpless := (powerless{by.namespace}); len(a.depends.of(helpless)) > 0 {
		waiting = append(waiting, helpless)
	}
	for _, refused := range a.access.gained(by, a.depends.refusedIn(by.namespace)) {
		waiting = append(waiting, refused)
	}
	return waiting
}
