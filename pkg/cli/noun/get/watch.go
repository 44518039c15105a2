package get

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/tree"
)

// watch shows the object, and again whenever something of it changes.
func (o *Options) watch(ctx context.Context, client dynamic.Interface) error {
	switch {
	case !o.Output.Own():
		printer, err := o.Output.WatchPrinter(o.Events)
		if err != nil {
			return err
		}
		return o.watchObject(ctx, client, func(e watch.Event) error { return printer(e, o.Streams.Out) })
	case o.Noun.Cluster:
		show := o.repaint()
		err := collect.FollowUse(ctx, client, o.Noun.Resource, o.Name, func(obj *unstructured.Unstructured, use *collect.Use) error {
			item, err := o.Noun.Decode(obj)
			if err != nil {
				return err
			}
			return show(&view{item: item, use: use})
		})
		return o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
	case o.Streams.CanRepaint():
		show := o.repaint()
		err := collect.Follow(ctx, client, o.ref(), func(t *tree.Tree) error {
			v, err := o.viewOf(t)
			if err != nil {
				return err
			}
			return show(v)
		})
		return o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
	}
	err := follow.Run(ctx, follow.Options{Client: client, Ref: o.ref(), View: follow.Lines(o.Streams.Out, o.Clock)})
	return o.Noun.Explain(ctx, client, o.Program, "read", o.namespace, o.Name, err)
}

// watchObject emits the object as it is, and each change until it is deleted.
func (o *Options) watchObject(ctx context.Context, client dynamic.Interface, emit func(watch.Event) error) error {
	obj, err := o.Noun.Read(ctx, client, o.Program, o.namespace, o.Name)
	if err != nil {
		return err
	}
	if err := emit(watch.Event{Type: watch.Added, Object: obj}); err != nil {
		return err
	}
	return o.Noun.WatchOne(ctx, client, o.Program, obj, func(e watch.Event) error {
		if err := emit(e); err != nil {
			return err
		}
		if e.Type == watch.Deleted {
			return cmdutil.Findingf("%s was deleted", o.Noun.Qualified(o.namespace, o.Name))
		}
		return nil
	})
}

// repaint draws the sections over the ones before; a log gets one after the other, where
// more than ages differs.
func (o *Options) repaint() func(*view) error {
	painter := o.Streams.NewPainter(o.Streams.Out)
	started := o.Clock()
	ageless := *o
	ageless.Clock = func() time.Time { return started }
	last := ""
	return func(v *view) error {
		var text strings.Builder
		if err := o.write(&text, v); err != nil {
			return err
		}
		if o.Streams.CanRepaint() {
			return painter.Paint(text.String())
		}
		var same strings.Builder
		if err := ageless.write(&same, v); err != nil || same.String() == last {
			return err
		}
		if last != "" {
			_, _ = fmt.Fprintln(o.Streams.Out, "---")
		}
		last = same.String()
		_, err := fmt.Fprint(o.Streams.Out, text.String())
		return err
	}
}
