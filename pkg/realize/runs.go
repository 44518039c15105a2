package realize

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/stamp"
	"github.com/carto-run/carto/pkg/stamped"
)

// runSet are the runs of a step of lifecycle immutable or tekton, or of a Runnable.
type runSet struct {
	step      string // resource of the blueprint; empty for a Runnable
	template  *stamp.Template
	retention v1alpha1.RetentionPolicy
	labels    map[string]string // that runs of this template carry
	all       []judgedRun       // of whatever template, the newest first
	given     bool              // whether one of them gives the outputs
}

// judgedRun is a run with its health by the present template.
type judgedRun struct {
	Run
	health stamp.Health
	// gives: it is healthy and of this template, so that it can give the outputs.
	gives bool
}

func (s *runSet) judge(run Run) judgedRun {
	health := s.template.RunHealth(run.Object)
	return judgedRun{run, health, health.Status == metav1.ConditionTrue && carries(run.Labels, s.labels)}
}

// add takes the next older run. Of all but the newest, and the one that gives the outputs,
// nothing is kept that could be large.
func (s *runSet) add(run Run) {
	judged := s.judge(run)
	if len(s.all) > 0 && (s.given || !judged.gives) {
		judged.Run, judged.health.Message = Run{Name: run.Name, Deleting: run.Deleting}, ""
	}
	s.given = s.given || judged.gives
	s.all = append(s.all, judged)
}

// String names the set in messages.
func (s *runSet) String() string {
	if s.step == "" {
		return "the Runnable"
	}
	return "resource [" + s.step + "]"
}

// listError means that the runs that there are could not be read.
type listError struct{ err error }

func (e *listError) Error() string {
	return fmt.Sprintf("cannot list the objects that were stamped before: %v", e.err)
}
func (e *listError) Unwrap() error { return e.err }

// ensureRun makes a new object unless the newest is as rendered, so that a change makes
// exactly one more, and a change back another (spec: reconcile §10.2). It compares what
// was rendered, never what the cluster made of it: kinds without a spec, and kinds whose
// spec the API server fills in, are created once. Afterwards the set is filled.
func (p *pass) ensureRun(ctx context.Context, set *runSet, kind schema.GroupVersionKind, object map[string]any) (Applied, error) {
	for run, err := range p.cluster.Runs(ctx, kind, p.owner.UID, set.step) {
		if err != nil {
			return Applied{}, &listError{err}
		}
		set.add(run)
	}
	var newest Run
	digest, sequence, retry := stamp.Digest(object), int64(1), p.wantsRetry(set)
	if len(set.all) > 0 {
		newest = set.all[0].Run
		if newest.madeFrom(object, digest) && !newest.Deleting && !retry {
			return Applied{Object: newest.Object}, nil
		}
		sequence = newest.Sequence + 1
	}
	if err := stamp.NumberRun(object, string(p.owner.UID), digest, sequence, p.retryValues(set)); err != nil {
		return Applied{}, err
	}
	run, err := p.cluster.Create(ctx, p.account, object)
	if err != nil {
		return Applied{}, err
	}
	if retry {
		p.event(v1alpha1.EventRunRetried, set.step, fmt.Sprintf("%s is run again as %s, because %s failed", set, run.Name, newest.Name))
	}
	set.all = append([]judgedRun{set.judge(run)}, set.all...)
	return Applied{Object: run.Object, Verb: VerbCreated}, nil
}

// madeFrom says whether a run is of what was rendered. One without a digest was made by the
// original Cartographer, which remembers what it rendered in its process alone and makes all
// runs once more after each start (spec: reconcile Q15); whoever takes over from it should
// not. It counts when it holds every field as rendered: what a webhook changed in it, or
// else the API server in a list, costs one more run, and only that one.
func (r Run) madeFrom(object map[string]any, digest string) bool {
	if r.Digest != "" {
		return r.Digest == digest
	}
	return equality.Semantic.DeepEqual(stamped.Merge(r.Object, object), r.Object)
}

// wantsRetry says whether the newest run failed and was not made for what the owner asks
// now. One that is still at work is retried when it fails.
func (p *pass) wantsRetry(set *runSet) bool {
	if len(set.all) == 0 || set.all[0].health.Status != metav1.ConditionFalse {
		return false
	}
	for key, value := range p.retryValues(set) {
		if text(set.all[0].Object, "metadata", "annotations", key) != value {
			return true
		}
	}
	return false
}

// retryValues are the annotations of the owner that ask for another run.
func (p *pass) retryValues(set *runSet) map[string]string {
	keys := []string{v1alpha1.AnnotationRetry}
	if set.step != "" {
		keys = append(keys, v1alpha1.AnnotationRetryStep+set.step)
	}
	values := map[string]string{}
	for _, key := range keys {
		if value := p.owner.Annotations[key]; value != "" {
			values[key] = value
		}
	}
	return values
}

// newestHealthy is the run that gives the outputs; nil when there is none. Runs of another
// template do not count: their outputs are elsewhere.
func (s *runSet) newestHealthy() *judgedRun {
	for i := range s.all {
		if s.all[i].gives {
			return &s.all[i]
		}
	}
	return nil
}

func carries(have, want map[string]string) bool {
	for key, value := range want {
		if have[key] != value {
			return false
		}
	}
	return true
}

// noHealthyRun says why a resource has no outputs yet; that is no failure of a template
// that has none at all (spec: reconcile §12).
func (p *pass) noHealthyRun(record *stepRecord) *failure {
	newest := record.runs.all[0].health
	why := fmt.Sprintf("none of the objects stamped so far is healthy; the newest, %s, is %s", qualifiedName(record.stamped), newest.Status)
	if newest.Message != "" {
		why += ": " + newest.Message
	}
	switch path := record.template.FirstOutputPath(); {
	case record.template.Kind == v1alpha1.KindClusterTemplate:
		return nil
	case path != "":
		return waiting(v1alpha1.ReasonMissingValueAtPath, "resource %s: no value at path [%s] yet: %s", record.resource.Name, path, why)
	}
	return failed(v1alpha1.ReasonUnknownError, "resource %s: %s", record.resource.Name, why)
}

// retain deletes the oldest runs beyond the retention policy (spec: reconcile §13), of
// whatever template they are (Q18). The newest run and the one that gives the outputs
// stay, even if the policy keeps none: deleting them would make another.
func (p *pass) retain(ctx context.Context, set *runSet, current *v1alpha1.StampedRef) {
	healthy := set.newestHealthy()
	succeeded, failed := int64(0), int64(0)
	for i := range set.all {
		run := &set.all[i]
		over := false
		switch run.health.Status {
		case metav1.ConditionTrue:
			succeeded++
			over = succeeded > set.retention.MaxSuccessfulRuns
		case metav1.ConditionFalse:
			failed++
			over = failed > set.retention.MaxFailedRuns
		case metav1.ConditionUnknown: // still at work
		}
		if over && i > 0 && run != healthy && !run.Deleting {
			p.remove(ctx, set.step, runRef(current, run.Name), "beyond the retention policy")
		}
	}
}

func runRef(of *v1alpha1.StampedRef, name string) *v1alpha1.StampedRef {
	return &v1alpha1.StampedRef{
		ObjectReference: corev1.ObjectReference{APIVersion: of.APIVersion, Kind: of.Kind, Namespace: of.Namespace, Name: name},
		Resource:        of.Resource,
	}
}

// remove deletes one object, and says whether that is settled. That it can not be deleted
// changes no condition; it is tried again when time can heal it.
func (p *pass) remove(ctx context.Context, resource string, ref *v1alpha1.StampedRef, why string) bool {
	removed, err := p.cluster.Remove(ctx, p.account, p.owner.UID, *ref)
	switch {
	case errors.Is(err, ErrPending):
		p.result.Pending = true
	case err != nil:
		err = fmt.Errorf("remove %s, %s: %w", qualifiedName(ref), why, err)
		p.result.Faults = append(p.result.Faults, err)
		return !p.retryRemoval(err)
	case removed:
		p.event(v1alpha1.EventStampedObjectRemoved, resource, fmt.Sprintf("%s object [%s]", VerbDeleted, qualifiedName(ref)))
	}
	return true
}

// retryRemoval says whether time can heal a failed removal, and has the pass tried again then.
// What is refused stays: the account has no right to it, a webhook denies it, or the kind is
// gone.
func (p *pass) retryRemoval(err error) bool {
	var answer apierrors.APIStatus
	passing := apierrors.IsConflict(err) || apierrors.IsTooManyRequests(err) || apierrors.IsTimeout(err)
	if errors.As(err, &answer) && !passing && answer.Status().Code/100 == 4 || errors.Is(err, ErrNoCredentials) || meta.IsNoMatchError(err) {
		return false
	}
	if p.result.Retry == nil {
		p.result.Retry = err
	}
	return true
}
