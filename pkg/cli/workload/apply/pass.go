package apply

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/workload/spec"
	"github.com/carto-run/carto/pkg/collect"
	"github.com/carto-run/carto/pkg/yamldiff"
)

// tries is how often a change is worked out anew because the workload changed meanwhile.
// The agent writes its status whenever something happens, and each write is a new version.
const tries = 5

// errMoved says that the workload is not the one any more for which a change was worked
// out.
var errMoved = errors.New("the workload changed meanwhile")

// pass is one run of the command.
type pass struct {
	*Options
	client dynamic.Interface
	given  *unstructured.Unstructured
	upload *spec.Upload

	// existed tells that the workload was there at the first look.
	existed bool
	// agreed is the difference that was confirmed.
	agreed string
}

func (p *pass) what() string {
	return "apply " + noun.Workload.Qualified(p.given.GetNamespace(), p.given.GetName())
}

func (p *pass) api() dynamic.ResourceInterface {
	return noun.Workload.Client(p.client, p.given.GetNamespace())
}

func (p *pass) run(ctx context.Context) error {
	for try := 1; ; try++ {
		err := p.once(ctx, try)
		if !errors.Is(err, errMoved) {
			return err
		}
		if try == tries {
			return cmdutil.Findingf("cannot %s: %w, %d times in a row; run it again", p.what(), err, tries)
		}
	}
}

// once works out the change for the workload as it is now, and makes it.
func (p *pass) once(ctx context.Context, try int) error {
	live, err := p.api().Get(ctx, p.given.GetName(), metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err) && !collect.MissingKind(err):
		if p.existed {
			return cmdutil.Findingf("cannot %s: it was deleted meanwhile", p.what())
		}
		return p.create(ctx)
	case err != nil:
		return p.Explain(p.what(), err)
	}
	p.existed = p.existed || try == 1
	wanted, err := p.wanted(live)
	if err != nil {
		return err
	}
	if p.DryRun == "client" {
		return p.PrintDry(&unstructured.Unstructured{Object: spec.Written(wanted)})
	}
	c, err := p.plan(ctx, live, wanted)
	if err != nil {
		return err
	}
	if c.diff.Empty() {
		if err := p.push(ctx); err != nil {
			return err
		}
		return p.Finish(ctx, p.client, live, live, "unchanged")
	}
	if err := p.agree(ctx, c.diff, "change"); err != nil {
		return err
	}
	if err := p.push(ctx); err != nil {
		return err
	}
	made := c.preview
	if p.DryRun == "none" {
		if made, err = p.write(ctx, live, c); err != nil {
			return err
		}
	}
	return p.Finish(ctx, p.client, live, made, "configured")
}

// create makes a workload that is not there.
func (p *pass) create(ctx context.Context) error {
	obj := p.given.DeepCopy()
	if err := p.Layer(obj, true); err != nil {
		return err
	}
	if p.DryRun == "client" {
		return p.PrintDry(obj)
	}
	diff, err := yamldiff.Of(nil, spec.Written(obj))
	if err != nil {
		return err
	}
	if err := p.agree(ctx, diff, "create"); err != nil {
		return err
	}
	if err := p.push(ctx); err != nil {
		return err
	}
	made, err := p.Create(ctx, p.client, obj)
	switch {
	case apierrors.IsAlreadyExists(err):
		return errMoved
	case err != nil:
		return p.Explain(p.what(), err)
	}
	return p.Finish(ctx, p.client, nil, made, "created")
}

// wanted is what file and flags make of the live workload.
func (p *pass) wanted(live *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	if p.UpdateStrategy == strategyReplace {
		wanted := replace(live, p.given)
		return wanted, p.Layer(wanted, true)
	}
	wanted := merge(live, p.given)
	return wanted, p.Layer(wanted, false)
}

// change is what is to be sent, and what comes of it.
type change struct {
	diff     yamldiff.Diff
	preview  *unstructured.Unstructured
	config   *unstructured.Unstructured
	managers []manager
	gone     []field
}

// plan asks the API server what would come of it, by a dry run, and finds the conflicts.
func (p *pass) plan(ctx context.Context, live, wanted *unstructured.Unstructured) (*change, error) {
	before, after := spec.Written(live), spec.Written(wanted)
	diff, err := yamldiff.Of(before, after)
	if err != nil || diff.Empty() {
		return &change{}, err
	}
	all, err := managers(live, p.FieldManager)
	if err != nil {
		return nil, fmt.Errorf("cannot %s: %w", p.what(), err)
	}
	c := &change{managers: all, gone: removed(before, after, nil), config: configuration(live, wanted, ownFields(all))}
	conflicts := othersOf(all, c.gone)
	c.preview, err = p.apply(ctx, c.config, p.ForceConflicts, true)
	found := conflictsOf(err)
	conflicts = append(conflicts, ofOthers(found, all, p.FieldManager)...)
	if len(conflicts) > 0 && !p.ForceConflicts {
		return nil, conflictError(p.what(), conflicts)
	}
	if len(found) > 0 {
		// Only with what create owns, which is moved before the write.
		c.preview, err = p.apply(ctx, c.config, true, true)
	}
	if err != nil {
		return nil, p.failed(err)
	}
	for _, f := range c.gone { // nor does a dry run see what is moved
		unstructured.RemoveNestedField(c.preview.Object, f...)
	}
	c.diff, err = yamldiff.Of(before, spec.Written(c.preview))
	return c, err
}

// agree shows the difference and asks, unless it was agreed to before.
func (p *pass) agree(ctx context.Context, diff yamldiff.Diff, verb string) error {
	if diff.String() == p.agreed {
		return nil
	}
	what := noun.Workload.Qualified(p.given.GetNamespace(), p.given.GetName())
	title := fmt.Sprintf("%s would %s:", what, map[string]string{"create": "be created", "change": "change"}[verb])
	if p.agreed != "" {
		title = "It changed meanwhile. Now " + title
	}
	p.agreed = diff.String()
	if err := p.Show(title, diff); err != nil {
		return err
	}
	return p.Confirm(ctx, map[string]string{"create": "Create ", "change": "Change "}[verb]+what+"?")
}

// push sends the source before the workload that points at it.
func (p *pass) push(ctx context.Context) error {
	if p.DryRun != "none" {
		return nil
	}
	return p.upload.Push(ctx)
}

// write makes the change: first the move of ownership, where one is needed, which changes
// no field; then all fields in one request.
func (p *pass) write(ctx context.Context, live *unstructured.Unstructured, c *change) (*unstructured.Unstructured, error) {
	entries, err := takeOver(c.managers, c.gone, p.FieldManager)
	if err != nil {
		return nil, err
	}
	if entries != nil {
		patch, err := takeOverPatch(entries, live.GetResourceVersion())
		if err != nil {
			return nil, err
		}
		moved, err := p.api().Patch(ctx, live.GetName(), types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: p.FieldManager})
		if err != nil {
			return nil, p.failed(err)
		}
		c.config.SetResourceVersion(moved.GetResourceVersion())
	}
	made, err := p.apply(ctx, c.config, p.ForceConflicts, false)
	if found := ofOthers(conflictsOf(err), c.managers, p.FieldManager); len(found) > 0 {
		return nil, conflictError(p.what(), found)
	}
	if err != nil {
		return nil, p.failed(err)
	}
	return made, nil
}

func (p *pass) apply(ctx context.Context, config *unstructured.Unstructured, force, dry bool) (*unstructured.Unstructured, error) {
	data, err := json.Marshal(config.Object)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: p.FieldManager, Force: &force, FieldValidation: metav1.FieldValidationStrict}
	if dry {
		options.DryRun = []string{metav1.DryRunAll}
	}
	return p.api().Patch(ctx, config.GetName(), types.ApplyPatchType, data, options)
}

// failed words an error of a write; a conflict of versions is a reason to look again.
func (p *pass) failed(err error) error {
	if apierrors.IsConflict(err) && len(conflictsOf(err)) == 0 {
		return errMoved
	}
	return p.Explain(p.what(), err)
}
