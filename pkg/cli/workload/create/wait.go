package create

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
)

// wait follows the workload until it is ready. Progress is talk: it goes to standard
// error, and standard output keeps only what was made.
func (o *Options) wait(ctx context.Context, client dynamic.Interface, made *unstructured.Unstructured) error {
	err := follow.Run(ctx, follow.Options{
		Client:     client,
		Ref:        collect.OwnerRef{Kind: v1alpha1.KindWorkload, Namespace: made.GetNamespace(), Name: made.GetName()},
		View:       follow.Progress(o.Streams, o.Clock),
		UntilReady: true,
		FailGrace:  follow.FailGrace,
		Timeout:    o.WaitTimeout,
	})
	if apierrors.IsNotFound(err) {
		return noun.Workload.NotFound(made.GetNamespace(), made.GetName()) // deleted while waiting
	}
	return err
}

// waitThenPrint prints the object as it is in the end, also when waiting failed.
func (o *Options) waitThenPrint(ctx context.Context, client dynamic.Interface, made *unstructured.Unstructured) error {
	waited := o.wait(ctx, client, made)
	if ctx.Err() != nil {
		return waited
	}
	if now, err := client.Resource(noun.Workload.Resource).Namespace(made.GetNamespace()).Get(ctx, made.GetName(), metav1.GetOptions{}); err == nil {
		made = now
	}
	if err := o.print(made); err != nil {
		return err
	}
	return waited
}
