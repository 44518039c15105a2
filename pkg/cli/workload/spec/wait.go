package spec

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/tail"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/table"
)

// sameGeneration is how long Ready must hold after a change of labels or annotations: they
// move no generation, so nothing in the status tells an old Ready from a new one.
const sameGeneration = 3 * time.Second

// Finish is what comes after the write: say what was done, wait, print the object, name
// what comes next. before is the workload as it was: nil for one that is new, made itself
// for one that is unchanged.
func (o *Options) Finish(ctx context.Context, client dynamic.Interface, before, made *unstructured.Unstructured, done string) error {
	if before == nil && !hasSource(made) && !hasMaven(made) {
		o.Say("warning: workload " + made.GetName() + " says nowhere where its source is; most supply chains need --git-repo, --local-path, --source-image or --image")
	}
	if !o.Wait {
		if err := o.Print(made, done); err != nil {
			return err
		}
		if before != made { // there is something to see
			o.Hint(made)
		}
		return nil
	}
	if o.Output.Format() == "" {
		if err := o.Print(made, done); err != nil {
			return err
		}
		return o.wait(ctx, client, before, made)
	}
	// The object is printed as it is in the end, also when waiting failed.
	waited := o.wait(ctx, client, before, made)
	if ctx.Err() != nil {
		return waited
	}
	if now, err := noun.Workload.Client(client, made.GetNamespace()).Get(ctx, made.GetName(), metav1.GetOptions{}); err == nil {
		made = now
	}
	if err := o.PrintObject(made); err != nil {
		return err
	}
	return waited
}

// wait follows the workload until it is ready. Progress is talk: it goes to standard
// error, and standard output keeps only what was made.
func (o *Options) wait(ctx context.Context, client dynamic.Interface, before, made *unstructured.Unstructured) error {
	hold := o.Delay
	if before != nil && before != made && before.GetGeneration() == made.GetGeneration() {
		hold = max(hold, sameGeneration)
	}
	stopTail := o.startTail(ctx, client, made)
	defer stopTail()
	err := follow.Run(ctx, follow.Options{
		Client:     client,
		Ref:        collect.OwnerRef{Kind: v1alpha1.KindWorkload, Namespace: made.GetNamespace(), Name: made.GetName()},
		View:       o.view(),
		UntilReady: true,
		Hold:       hold,
		FailGrace:  follow.FailGrace,
		Timeout:    o.WaitTimeout,
	})
	if apierrors.IsNotFound(err) {
		return noun.Workload.NotFound(made.GetNamespace(), made.GetName()) // deleted while waiting
	}
	return err
}

// view appends lines beside logs, also on a terminal: one cannot be drawn over the other.
func (o *Options) view() follow.View {
	if o.Tail != nil {
		return follow.Lines(o.Streams.ErrOut, o.Clock)
	}
	return follow.Progress(o.Streams, o.Clock)
}

// logs shows what all pods of the workload write from now on. It is talk here, like the
// progress beside it.
func (o *Options) logs(ctx context.Context, client dynamic.Interface, namespace, name string) error {
	config, err := o.restConfig()
	if err != nil {
		return err
	}
	reader, err := tail.NewReader(config)
	if err != nil {
		return err
	}
	return tail.Run(ctx, tail.Options{
		Follow: follow.Options{Client: client, Ref: collect.OwnerRef{Kind: v1alpha1.KindWorkload, Namespace: namespace, Name: name}},
		Logs:   reader, Since: time.Minute, MaxStreams: tail.DefaultStreams,
		Sink: tail.Text(o.Streams.ErrOut, o.Streams.UseErrColor(), o.LogTimes),
		Note: func(format string, args ...any) { o.Say(fmt.Sprintf(format, args...)) },
	})
}

// startTail shows logs beside the wait; the result ends them and waits for that.
func (o *Options) startTail(ctx context.Context, client dynamic.Interface, made *unstructured.Unstructured) func() {
	if o.Tail == nil {
		return func() {}
	}
	tailing, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := o.Tail(tailing, client, made.GetNamespace(), made.GetName()); err != nil && tailing.Err() == nil {
			o.Say("warning: no logs: " + table.Printable(err.Error()))
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// Confirm asks on a terminal, unless --yes answers. Without a terminal nothing is asked:
// Faults refused what needs an answer.
func (o *Options) Confirm(ctx context.Context, question string) error {
	if o.Yes || o.DryRun != "none" || !o.Streams.CanPrompt() {
		return nil
	}
	ok, err := o.Streams.Confirm(ctx, question)
	if err == nil && !ok {
		return cmdutil.Findingf("declined: nothing was changed")
	}
	return err
}
