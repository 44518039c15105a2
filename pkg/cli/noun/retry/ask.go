package retry

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/collect"
)

// Request says what to run again.
type Request struct {
	Client dynamic.Interface
	Noun   *noun.Noun
	// Namespace and Name of the owner.
	Namespace, Name string
	// Step to run again; empty for all that have failed.
	Step string
	// Program is how the person calls us, for advice.
	Program string
	// Now is the present. An annotation gets it as a value that it never had.
	Now time.Time
}

// Ask sets the annotation that the agent obeys, and calls asked for each object that has it
// then. It is a finding when nothing has failed, because nothing would happen.
func Ask(ctx context.Context, r Request, asked func(n *noun.Noun, name string) error) error {
	object, err := r.Noun.Read(ctx, r.Client, r.Program, r.Namespace, r.Name)
	if err != nil {
		return err
	}
	item, err := r.Noun.Decode(object)
	if err != nil {
		return err
	}
	if r.Noun == noun.Runnable {
		if noun.Condition(item.Status.Conditions, v1alpha1.ConditionStampedObject).Status != metav1.ConditionFalse {
			return cmdutil.Findingf("nothing to retry: the newest run of runnable %s has not failed; see: %s tree runnable/%s -n %s", r.Name, r.Program, r.Name, r.Namespace)
		}
		return r.annotate(ctx, noun.Runnable, r.Namespace, item.UID, r.Name, v1alpha1.AnnotationRetry, asked)
	}
	failed, err := r.failed(ctx, item)
	if err != nil {
		return err
	}
	// A step that stamps a Runnable is run again by that; all others by the owner.
	own := false
	for _, step := range failed {
		if !isRunnable(step.StampedRef) {
			own = true
			continue
		}
		ref := step.StampedRef
		runnable, err := noun.Runnable.Read(ctx, r.Client, r.Program, ref.Namespace, ref.Name)
		if err != nil {
			return err
		}
		if err := r.annotate(ctx, noun.Runnable, ref.Namespace, runnable.GetUID(), ref.Name, v1alpha1.AnnotationRetry, asked); err != nil {
			return err
		}
	}
	if !own {
		return nil
	}
	key := v1alpha1.AnnotationRetry
	if r.Step != "" {
		key = v1alpha1.AnnotationRetryStep + r.Step
	}
	return r.annotate(ctx, r.Noun, r.Namespace, item.UID, r.Name, key, asked)
}

func isRunnable(ref *v1alpha1.StampedRef) bool {
	return ref != nil && ref.Kind == v1alpha1.KindRunnable && ref.GroupVersionKind().Group == v1alpha1.Group
}

// makesRuns says whether a step makes a run for each change. Its status does not tell;
// what it stamped does, and counts as a run when it can not be read.
func makesRuns(ctx context.Context, client dynamic.Interface, ref *v1alpha1.StampedRef) bool {
	if ref == nil {
		return false
	}
	if isRunnable(ref) {
		return true
	}
	resource, err := collect.Resource(ref)
	if err != nil {
		return true
	}
	object, err := client.Resource(resource).Namespace(ref.Namespace).Get(ctx, ref.Name, metav1.GetOptions{})
	return err != nil || object.GetLabels()[v1alpha1.LabelTemplateLifecycle] != string(v1alpha1.LifecycleMutable)
}

// annotate gives an annotation a value that it never had.
func (r Request) annotate(ctx context.Context, n *noun.Noun, namespace string, uid types.UID, name, annotation string, asked func(*noun.Noun, string) error) error {
	patch, err := json.Marshal(map[string]any{"metadata": map[string]any{
		"uid": uid, "annotations": map[string]string{annotation: r.Now.UTC().Format(time.RFC3339Nano)},
	}})
	if err != nil {
		return fmt.Errorf("encode the annotation: %w", err)
	}
	if _, err := n.Client(r.Client, namespace).Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{FieldManager: cmdutil.FieldManager}); err != nil {
		return n.Explain(ctx, r.Client, r.Program, "retry", namespace, name, err)
	}
	return asked(n, name)
}

// failed lists the steps to run again; it is a finding when there are none.
func (r Request) failed(ctx context.Context, item *noun.Item) ([]*v1alpha1.ResourceStatus, error) {
	var names, others []string
	var failed []*v1alpha1.ResourceStatus
	known := false
	for i := range item.Status.Resources {
		step := &item.Status.Resources[i]
		names = append(names, step.Name)
		known = known || step.Name == r.Step
		if r.Step != "" && r.Step != step.Name {
			continue
		}
		switch {
		case noun.Condition(step.Conditions, v1alpha1.ConditionHealthy).Status == metav1.ConditionFalse && makesRuns(ctx, r.Client, step.StampedRef):
			failed = append(failed, step)
		case noun.Condition(step.Conditions, v1alpha1.ConditionReady).Status == metav1.ConditionFalse:
			others = append(others, step.Name)
		}
	}
	see := fmt.Sprintf("see: %s tree %s/%s -n %s", r.Program, r.Noun, r.Name, r.Namespace)
	switch {
	case len(failed) > 0:
		return failed, nil
	case r.Step != "" && !known:
		return nil, cmdutil.Findingf("%s %s has no step %q; it has: %s", r.Noun, r.Name, r.Step, strings.Join(names, ", "))
	case len(others) > 0:
		return nil, cmdutil.Findingf("nothing to retry: no run has failed; what is not ready does not heal by another run (%s); %s", strings.Join(others, ", "), see)
	case r.Step == "":
		return nil, cmdutil.Findingf("nothing to retry: no step of %s %s has failed; %s", r.Noun, r.Name, see)
	}
	return nil, cmdutil.Findingf("nothing to retry: step %s of %s %s has not failed", r.Step, r.Noun, r.Name)
}
