package realize

import (
	"context"
	"errors"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// removeOrphans deletes what the previous status names and this one does not (spec:
// reconcile §15). A resource that failed keeps its previous ref, which protects its
// object.
func (p *pass) removeOrphans(ctx context.Context) {
	for i := range p.owner.Status.Resources {
		previous := &p.owner.Status.Resources[i]
		if previous.StampedRef == nil || p.survives(previous.StampedRef) {
			continue
		}
		for _, ref := range p.orphansOf(ctx, previous) {
			if !p.remove(ctx, previous.Name, ref, "which it no longer stamps") {
				p.result.Unsettled = true
			}
			if p.result.Pending {
				return
			}
		}
	}
}

// survives compares group and kind, not the version: a template that moves to another
// version of a kind still stamps the same object.
func (p *pass) survives(old *v1alpha1.StampedRef) bool {
	for i := range p.result.Status.Resources {
		ref := p.result.Status.Resources[i].StampedRef
		if ref != nil && ref.Name == old.Name && sameKind(ref, old) {
			return true
		}
	}
	return false
}

func sameKind(a, b *v1alpha1.StampedRef) bool {
	return a.Namespace == b.Namespace && a.GroupVersionKind().GroupKind() == b.GroupVersionKind().GroupKind()
}

// orphansOf lists what a resource leaves behind: its one mutable object, or all of its runs
// but those of the template that it still has (spec: reconcile Q22).
func (p *pass) orphansOf(ctx context.Context, previous *v1alpha1.ResourceStatus) []*v1alpha1.StampedRef {
	var runs []Run
	var err error
	for run, failure := range p.cluster.Runs(ctx, previous.StampedRef.GroupVersionKind(), p.owner.UID, previous.Name) {
		if err = failure; err != nil {
			break
		}
		runs = append(runs, Run{Name: run.Name, Labels: map[string]string{ // nothing that could be large
			v1alpha1.LabelTemplateKind: run.Labels[v1alpha1.LabelTemplateKind], v1alpha1.LabelTemplateName: run.Labels[v1alpha1.LabelTemplateName],
		}})
	}
	switch {
	case errors.Is(err, ErrPending):
		p.result.Pending = true
		return nil
	case err != nil && p.retryRemoval(err):
		p.result.Unsettled = true
		return nil
	case err != nil:
		// The kind may be gone, and its objects with it; if not, removing the one that is
		// known says why it can not be done.
		runs = nil
	}
	var refs []*v1alpha1.StampedRef
	isRun := false
	for i := range runs {
		isRun = isRun || runs[i].Name == previous.StampedRef.Name
		if !p.keepsRun(previous, &runs[i], runs) {
			refs = append(refs, runRef(previous.StampedRef, runs[i].Name))
		}
	}
	if !isRun {
		refs = append(refs, previous.StampedRef)
	}
	return refs
}

// keepsRun says whether a resource still stamps runs of this kind by the template of a run.
func (p *pass) keepsRun(previous *v1alpha1.ResourceStatus, run *Run, all []Run) bool {
	now := p.result.Status.resource(previous.Name)
	if now == nil || now.StampedRef == nil || now.TemplateRef == nil || !sameKind(now.StampedRef, previous.StampedRef) {
		return false
	}
	current := false // whether the resource has runs, not one mutable object
	for i := range all {
		current = current || all[i].Name == now.StampedRef.Name
	}
	return current && run.Labels[v1alpha1.LabelTemplateKind] == now.TemplateRef.Kind && run.Labels[v1alpha1.LabelTemplateName] == now.TemplateRef.Name
}
