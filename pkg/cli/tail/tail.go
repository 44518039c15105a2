// Package tail shows the logs of all pods of an owner: those of the objects below its
// steps, and those that carry its label. It follows pods as they come and containers as
// they restart, and resumes a connection that drops where it dropped: no line is lost,
// none is shown twice.
//
// One goroutine reads one container. What it reads it writes itself, one line at a time
// among all of them, so that a slow terminal slows down the reading and nothing is kept
// in memory.
package tail

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// DefaultStreams is how many containers are followed at the same time, unless a person says
// otherwise: each is a connection to a node.
const DefaultStreams = 50

// finishIn bounds the last look at what the containers wrote, once the outcome is known.
const finishIn = 10 * time.Second

// patience is how long nothing is said of logs that do not come.
const patience = 2 * time.Second

// Options say whose logs to show, and how.
type Options struct {
	// Follow is the owner, and when to end. Without an end, Run goes on until its
	// context is done.
	Follow follow.Options
	// Once reads what is there and ends, container by container, in the order of the
	// steps. Of Follow only Client and Ref count then.
	Once bool

	// Logs reads the log of a container.
	Logs Reader
	// Sink takes the lines, one at a time. Its error ends Run.
	Sink func(Line) error
	// Note takes what a person should know: logs that can not be read, and such. It may
	// quote others, so what steers a terminal is for Note to remove.
	Note func(format string, args ...any)

	Select Selection
	// Since is how far to look back; 0 means to the beginning.
	Since time.Duration
	// Previous reads the instances before the present ones of restarted containers; it
	// needs Once.
	Previous bool
	// MaxStreams bounds the open streams; more containers wait for a free one.
	MaxStreams int
}

// Line is one line of a log.
type Line struct {
	// Time as the node noted it, in RFC 3339 with nanoseconds; empty for what the node
	// itself says.
	Time string `json:"time"`
	// Step is OUTER/INNER for a step of an owner that a step stamps; empty for the runs
	// of a Runnable.
	Step      string `json:"step"`
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Message   string `json:"message"`

	// place of the step among all, for its colour.
	place int
}

// Run shows logs until Options.Follow ends, whose outcome it returns, or until ctx is
// done. It returns after all that it started has ended.
func Run(ctx context.Context, o Options) error {
	running, stop := context.WithCancelCause(ctx)
	t := &tailer{
		o: o, begun: time.Now(), stop: stop, slots: make(chan struct{}, max(o.MaxStreams, 1)),
		labelled: map[podKey]*pod{}, containers: map[containerKey]*container{}, noted: map[string]bool{},
	}
	defer t.group.Wait()
	defer stop(nil)
	if o.Once {
		return t.once(running)
	}

	t.running = running
	var stopFollowing context.CancelFunc
	t.following, stopFollowing = context.WithCancel(running)
	defer stopFollowing()
	selector := ownerLabel(o.Follow.Ref)
	t.begin(func() { t.watchLabelled(t.following, selector) })

	hint := time.AfterFunc(patience, t.hint)
	defer hint.Stop()

	f, read := o.Follow, o.Follow.Read
	f.Read = func(in tree.Input) error {
		if read != nil {
			if err := read(in); err != nil {
				return err
			}
		}
		return t.see(in)
	}
	outcome := follow.Run(running, f)
	if running.Err() != nil {
		if cause := context.Cause(running); !errors.Is(cause, context.Canceled) {
			return cause // the sink's
		}
		return outcome
	}
	// The outcome may be known before the last lines that led to it have been read.
	t.mu.Lock()
	t.closing = true
	t.settle()
	t.mu.Unlock()
	stopFollowing()
	late := time.AfterFunc(finishIn, func() { stop(nil) })
	defer late.Stop()
	t.group.Wait()
	if cause := context.Cause(running); cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return outcome
}

// begin starts a goroutine that Run waits for.
func (t *tailer) begin(work func()) {
	t.group.Go(func() {
		defer utilruntime.HandleCrash() // a full-screen program gives the terminal back there
		work()
	})
}

// tailer is one Run.
type tailer struct {
	o     Options
	begun time.Time
	stop  context.CancelCauseFunc
	// running is for all requests, following for those that end when the outcome is
	// known.
	running, following context.Context
	group              sync.WaitGroup
	slots              chan struct{}
	out                sync.Mutex

	mu sync.Mutex
	// inTree and labelled are the pods as they were last seen, from the two sources.
	inTree   map[podKey]*pod
	labelled map[podKey]*pod
	// steps of the owner, in their order.
	steps      []string
	containers map[containerKey]*container
	closing    bool
	noted      map[string]bool
}

// see takes a snapshot of the owner into account.
func (t *tailer) see(in tree.Input) error {
	snapshot := tree.Build(in)
	if err := t.o.Select.check(snapshot); err != nil {
		return err
	}
	for _, u := range in.Unread {
		if u.Code == "Forbidden" && u.Verb == "list" {
			t.notef(u.Message, "some pods may be missing: %s", u.Message)
		}
	}
	pods := map[podKey]*pod{}
	in.Visit(func(step string, f *tree.Found) {
		if p := newPod(step, f.Object); p != nil {
			pods[p.key] = p
		}
	})
	t.mu.Lock()
	defer t.mu.Unlock()
	t.steps = t.steps[:0]
	for i := range snapshot.Steps {
		t.steps = append(t.steps, snapshot.Steps[i].Name)
	}
	// A watch that was refused keeps nothing from being read.
	if slices.ContainsFunc(in.Unread, func(u tree.Unread) bool { return u.Verb != "watch" }) {
		// What was not read may still be there; streams end by themselves.
		for key, p := range t.inTree {
			if pods[key] == nil {
				pods[key] = p
			}
		}
	}
	t.inTree = pods
	t.settle()
	return nil
}

// settle starts what is new and tells the others of their state. Callers hold the lock.
func (t *tailer) settle() {
	if t.inTree == nil {
		return // the steps are not known yet
	}
	for key, p := range t.pods() {
		if !t.o.Select.pod(p) {
			continue
		}
		for name, state := range p.containers {
			if !t.o.Select.container(name) {
				continue
			}
			id := containerKey{key, name}
			c := t.containers[id]
			if c == nil {
				if t.closing {
					continue
				}
				c = newContainer(t, p, name, state)
				t.containers[id] = c
				t.begin(func() { c.run(t.running) })
			}
			c.update(state, t.closing)
		}
	}
	for id, c := range t.containers {
		if t.inTree[id.podKey] == nil && t.labelled[id.podKey] == nil {
			c.update(containerState{gone: true}, t.closing)
			delete(t.containers, id)
		}
	}
}

// pods of both sources. The tree knows better than a label to which step a pod belongs.
func (t *tailer) pods() map[podKey]*pod {
	all := map[podKey]*pod{}
	for key, p := range t.labelled {
		all[key] = p
	}
	for key, p := range t.inTree {
		all[key] = p
	}
	return all
}

// place of a step among those of the owner; after all of them when it is none.
func (t *tailer) place(step string) int {
	outer, _, _ := strings.Cut(step, "/")
	for i, name := range t.steps {
		if name == outer {
			return i
		}
	}
	return len(t.steps)
}

// emit hands a line to the sink.
func (t *tailer) emit(line Line) error {
	t.out.Lock()
	defer t.out.Unlock()
	if err := t.o.Sink(line); err != nil {
		t.stop(err)
		return err
	}
	return nil
}

// notef says something once.
func (t *tailer) notef(once, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.noted[once] {
		t.noted[once] = true
		t.o.Note(format, args...)
	}
}

// hint tells a person who sees nothing what that means.
func (t *tailer) hint() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.containers) == 0 && t.running.Err() == nil {
		t.o.Note("no pods yet; waiting for them")
	}
}

// once reads everything that is there, one container after the other.
func (t *tailer) once(ctx context.Context) error {
	in, err := collect.Collect(ctx, t.o.Follow.Client, t.o.Follow.Ref)
	if err != nil {
		return err
	}
	t.running, t.following, t.closing = ctx, ctx, true
	if err := t.see(in); err != nil {
		return err
	}
	if err := t.listLabelled(ctx); err != nil {
		t.notef("labelled", "cannot list pods by their label: %v", err)
	}
	var found, read, failed int
	for _, p := range t.inOrder() {
		for _, name := range p.names {
			state := p.containers[name]
			if !t.o.Select.pod(p) || !t.o.Select.container(name) || !state.started || (t.o.Previous && state.restarts == 0) {
				continue
			}
			if found++; !t.o.Previous && t.beforeWindow(state) {
				continue
			}
			read++
			if err := newContainer(t, p, name, state).read(ctx, false, t.o.Previous); err != nil {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				failed++
				t.refuse(p, name, err)
			}
		}
	}
	switch {
	case found == 0 && t.o.Previous:
		t.o.Note("no container has restarted")
	case found == 0:
		t.o.Note("no container has started")
	case read > 0 && failed == read:
		return errors.New("no log could be read")
	}
	return nil
}

// client of the owner's cluster.
func (t *tailer) client() dynamic.Interface { return t.o.Follow.Client }
