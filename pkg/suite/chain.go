package suite

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/offline"
	"github.com/carto-run/carto/pkg/stamp"
)

// chainTest is the state of a test of a chain.
type chainTest struct {
	*run
	settings *settings
	dir      string
	steps    *stepsFile
	doc      *manifest.Document
	data     []byte
	result   *Result

	world *offline.World
	owner any
	// stamped is what each step stamped last.
	stamped map[string]map[string]any
	// values of outputs by their digests, which is what a status has of them.
	values map[string]any
	// edits are what moments should expect, by their number.
	edits map[int]any
}

// runChain walks an owner through a chain, moment by moment.
func (r *run) runChain(ctx context.Context, t *Test, result *Result) error {
	c := &chainTest{run: r, settings: &t.settings, dir: t.Path, result: result, stamped: map[string]map[string]any{}, values: map[string]any{}, edits: map[int]any{}}
	if err := c.load(ctx); err != nil {
		return err
	}
	for i := range c.steps.Moments {
		if err := c.moment(ctx, i); err != nil {
			return err
		}
	}
	if len(c.edits) == 0 {
		r.keep(c.settings.steps, result)
		return nil
	}
	content, err := rewrite(c.data, c.change)
	if err != nil {
		return fmt.Errorf("cannot rewrite %s: %w", c.doc.File, err)
	}
	r.edit(c.settings.steps, content, result)
	return nil
}

func (c *chainTest) load(ctx context.Context) error {
	var err error
	if c.data, err = c.files.read(c.settings.steps); err != nil {
		return broken(err)
	}
	if c.steps, c.doc, err = readSteps(c.files.show(c.settings.steps), c.data); err != nil {
		return broken(err)
	}
	if c.owner, err = c.files.readOwner(ctx, c.settings.owner, c.settings.ownerKind); err != nil {
		return broken(err)
	}
	if err := c.steps.checkTypes(c.doc, c.owner); err != nil {
		return broken(err)
	}
	all := newObjects()
	if c.settings.chain != nil {
		if err := c.files.loadChain(ctx, c.settings, all, c.compile); err != nil {
			return broken(err)
		}
	}
	if _, err := c.files.loadTemplate(ctx, c.settings, all, c.compile); err != nil {
		return broken(err)
	}
	if c.settings.ownerKind == v1alpha1.KindRunnable {
		return brokenf("a Runnable goes through no chain: test its template with an %s, or the chain that stamps it", fileExpected)
	}
	if len(all.blueprints) == 0 {
		return brokenf("no chain is given: supply-chain*.yaml or delivery*.yaml, or given.supplyChain.paths in %s", fileInfo)
	}
	var faults []error
	for _, t := range all.sorted() {
		if len(t.refused) > 0 {
			faults = append(faults, refused(t))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	if c.world, err = offline.New(all.typed...); err != nil {
		return broken(err)
	}
	return nil
}

// moment sets what is observed, lets the agent make its passes, and looks.
func (c *chainTest) moment(ctx context.Context, i int) error {
	m := &c.steps.Moments[i]
	at := fmt.Sprintf("moments[%d]", i)
	if err := c.prepare(ctx, m, at); err != nil {
		return broken(err)
	}
	walk, err := c.walk(ctx, m, at)
	if err != nil {
		return err
	}
	for _, fault := range walk.Faults {
		c.result.Warnings = append(c.result.Warnings, c.doc.Errorf(at, "%s: %w", m.title(i), fault).Error())
	}
	if !walk.Settled {
		c.fail(c.doc.Errorf(at, "%s: the agent would go on for ever: each pass changes something", m.title(i)).Error())
	}
	switch {
	case m.Expected == nil:
		return nil
	case m.Expected.empty() && c.options.Update:
		c.edits[i] = c.everything(walk)
		return nil
	case m.Expected.empty():
		c.fail(c.doc.Errorf(at+".expected", "%s: nothing is expected of this moment; --update writes what there is", m.title(i)).Error())
		return nil
	}
	return c.look(ctx, i, walk)
}

// title names a moment.
func (m *moment) title(i int) string {
	if m.Name == "" {
		return fmt.Sprintf("moment %d", i+1)
	}
	return fmt.Sprintf("moment %d (%s)", i+1, m.Name)
}

// prepare changes the owner and the objects that are in the cluster.
func (c *chainTest) prepare(ctx context.Context, m *moment, at string) error {
	if m.Owner != "" {
		name, ok := resolve(c.dir, m.Owner)
		if !ok {
			return c.doc.Errorf(at+".owner", "%q leads out of the files of the tests", m.Owner)
		}
		owner, err := c.files.readOwner(ctx, name, c.settings.ownerKind)
		if err != nil {
			return err
		}
		c.owner = owner
	}
	for i := range m.Objects {
		field := fmt.Sprintf("%s.objects[%d]", at, i)
		object, err := c.object(ctx, m.Objects[i], field)
		if err != nil {
			return err
		}
		if err := c.world.Observe(object); err != nil {
			return c.doc.Errorf(field, "%w", err)
		}
	}
	return nil
}

// object is one that stands in steps.yaml, or in a file that it names.
func (c *chainTest) object(ctx context.Context, value any, field string) (map[string]any, error) {
	switch v := value.(type) {
	case map[string]any:
		return v, nil
	case string:
		name, ok := resolve(c.dir, v)
		if !ok {
			return nil, c.doc.Errorf(field, "%q leads out of the files of the tests", v)
		}
		doc, err := c.files.one(ctx, name, "")
		return doc.Object, err
	}
	return nil, c.doc.Errorf(field, "this must be an object, or a path to one")
}

// walk makes passes until nothing changes. What is observed of a step is set at once if
// the step has stamped something already, else as soon as it has.
func (c *chainTest) walk(ctx context.Context, m *moment, at string) (*offline.Walk, error) {
	pending := map[string]map[string]any{}
	for _, step := range slices.Sorted(maps.Keys(m.Observed)) {
		part, err := c.object(ctx, m.Observed[step], manifest.Join(at+".observed", step))
		if err != nil {
			return nil, broken(err)
		}
		pending[step] = part
	}
	owner := c.ownerName()
	var walk *offline.Walk
	for {
		var faults []error
		set := false
		for _, step := range slices.Sorted(maps.Keys(pending)) {
			if err := c.world.ObserveStep(owner, step, pending[step]); err != nil {
				faults = append(faults, c.doc.Errorf(manifest.Join(at+".observed", step), "%w", err))
				continue
			}
			delete(pending, step)
			set = true
		}
		if walk != nil && !set {
			return walk, c.unobserved(walk, pending, faults, at)
		}
		var err error
		if walk, err = c.world.Walk(ctx, c.owner, c.options.Now()); err != nil {
			return nil, broken(err)
		}
		c.remember(walk)
	}
}

// unobserved tells of steps that stamped nothing that could be observed: that is a failure of
// the chain, and of the test only where there is no such step.
func (c *chainTest) unobserved(walk *offline.Walk, pending map[string]map[string]any, faults []error, at string) error {
	if walk.Blueprint != nil {
		if err := c.known(slices.Sorted(maps.Keys(pending)), at+".observed", walk.Blueprint); err != nil {
			return broken(err)
		}
	}
	for i, step := range slices.Sorted(maps.Keys(pending)) { // each has its fault
		message := faults[i].Error()
		if ready := apimeta.FindStatusCondition(statusOf(walk, step).Conditions, v1alpha1.ConditionReady); ready != nil && ready.Message != "" {
			message += ": " + ready.Message
		}
		c.fail(message)
	}
	return nil
}

func (c *chainTest) ownerName() offline.Owner {
	object, ok := c.owner.(metav1.Object)
	if !ok {
		return offline.Owner{}
	}
	namespace := object.GetNamespace()
	if namespace == "" {
		namespace = offline.DefaultNamespace
	}
	return offline.Owner{Kind: c.settings.ownerKind, Namespace: namespace, Name: object.GetName()}
}

// remember keeps what later moments look at: what steps stamped, and values of outputs.
func (c *chainTest) remember(walk *offline.Walk) {
	for i := range walk.Steps {
		s := &walk.Steps[i]
		if s.Sent != nil {
			c.stamped[s.Name] = plain(s.Sent, walk.InventedUID)
		} else if s.Status.StampedRef == nil {
			delete(c.stamped, s.Name)
		}
		for _, output := range s.Outputs {
			if digest, _, err := stamp.DigestAndPreview(output.Value); err == nil {
				c.values[digest] = output.Value
			}
		}
	}
}

// plain is a stamped object without what the agent notes on it for itself, and without
// what follows from that: a name that was generated, and a UID that is invented.
func plain(sent map[string]any, inventedUID bool) map[string]any {
	object := runtime.DeepCopyJSON(sent)
	metadata, ok := object["metadata"].(map[string]any)
	if !ok {
		return object
	}
	if annotations, ok := metadata["annotations"].(map[string]any); ok {
		delete(annotations, v1alpha1.AnnotationDigest)
		delete(annotations, v1alpha1.AnnotationSequence)
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
	}
	if metadata["generateName"] != nil {
		delete(metadata, "name")
	}
	if refs, ok := metadata["ownerReferences"].([]any); ok && inventedUID {
		for _, ref := range refs {
			if m, ok := ref.(map[string]any); ok {
				delete(m, "uid")
			}
		}
	}
	return object
}

// readOwner reads an owner as it is in the API.
func (f Files) readOwner(ctx context.Context, name, kind string) (any, error) {
	doc, err := f.ownerDocument(ctx, name, kind)
	if err != nil {
		return nil, err
	}
	return typed(doc)
}
