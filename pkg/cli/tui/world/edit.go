package world

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	tea "charm.land/bubbletea/v2"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"
	"sigs.k8s.io/yaml"

	"github.com/carto-run/carto/pkg/cli/cmdutil"
	"github.com/carto-run/carto/pkg/cli/manifest"
	"github.com/carto-run/carto/pkg/cli/noun"
	"github.com/carto-run/carto/pkg/cli/workload/spec"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/feed"
	"github.com/carto-run/carto/pkg/yamldiff"
)

// edit reads the object, and then gives the terminal to the person's editor.
func (w *World) edit(a feed.Edit) tea.Cmd {
	var e *edit
	read := w.do(a, func(ctx context.Context, c *Cluster) (string, error) {
		var err error
		e, err = w.newEdit(ctx, c, a)
		return "", err
	})
	return func() tea.Msg {
		if msg := read(); e == nil {
			return msg
		}
		return tea.Exec(e, func(err error) tea.Msg { return feed.Done{Action: a, Text: e.done, Err: err} })()
	}
}

// edit is one object in an editor. It goes back to the editor until the API server has taken
// what was typed, or the person gives up; what was typed is never lost.
type edit struct {
	world   *World
	cluster *Cluster
	action  feed.Edit
	noun    *noun.Noun
	ctx     context.Context //nolint:containedctx // tea.ExecCommand takes none
	// live is the object as it was read last.
	live *unstructured.Unstructured
	// done says what was done.
	done string

	stdin          io.Reader
	stdout, stderr io.Writer
}

func (w *World) newEdit(ctx context.Context, c *Cluster, a feed.Edit) (*edit, error) {
	n, err := w.nounOf(c, a.Ref)
	if err != nil {
		return nil, err
	}
	live, err := n.Client(c.Client, a.Ref.Namespace).Get(ctx, a.Ref.Name, metav1.GetOptions{})
	if err != nil {
		return nil, w.explain(ctx, c, n, "read", a.Ref, err)
	}
	return &edit{world: w, cluster: c, action: a, noun: n, ctx: ctx, live: live}, nil
}

// what names the object in messages.
func (e *edit) what() string { return e.noun.Qualified(e.action.Ref.Namespace, e.action.Ref.Name) }

func (e *edit) client() dynamic.ResourceInterface {
	return e.noun.Client(e.cluster.Client, e.action.Ref.Namespace)
}

// SetStdin and the others are how tea.ExecCommand hands over the terminal.
func (e *edit) SetStdin(r io.Reader)  { e.stdin = r }
func (e *edit) SetStdout(w io.Writer) { e.stdout = w }
func (e *edit) SetStderr(w io.Writer) { e.stderr = w }

// Run edits until there is an outcome. Nothing typed, nothing changed, is no error.
func (e *edit) Run() error {
	original, err := yaml.Marshal(spec.Written(e.live))
	if err != nil {
		return fmt.Errorf("cannot write %s as YAML: %w", e.what(), err)
	}
	file, err := newDraft(e.action.Ref)
	if err != nil {
		return fmt.Errorf("cannot edit %s: %w", e.what(), err)
	}
	said := []string{
		"Edit " + e.what() + ", and save it to change it in the cluster. These first lines",
		"are left out. To give up, leave without a change, or leave nothing in the file.",
	}
	for body := string(original); ; {
		typed, err := file.edit(e, said, body)
		switch {
		case err != nil && typed == string(original):
			file.remove()
			return err
		case err != nil:
			return file.keep(err)
		case typed == string(original), strings.TrimSpace(typed) == "":
			file.remove()
			e.done = "nothing changed"
			return nil
		case typed == body && body != string(original):
			return file.keep(cmdutil.Findingf("nothing was saved of %s", e.what()))
		}
		body = typed
		again, err := e.save(typed)
		switch {
		case err != nil:
			return file.keep(err)
		case again == nil:
			file.remove()
			return nil
		}
		said = again
	}
}

// save sends what was typed. again is what to tell the person who has to go on; an error is
// nothing that an editor repairs.
func (e *edit) save(typed string) (again []string, err error) {
	edited, fault := e.parse(typed, 0)
	if fault != nil {
		said := tell("this can not be saved:", fault)
		if _, fault := e.parse(typed, len(said)); fault != nil { // with the lines as they will be
			said = tell("this can not be saved:", fault)
		}
		return said, nil
	}
	if equality.Semantic.DeepEqual(edited.Object, spec.Written(e.live)) {
		e.done = "nothing changed"
		return nil, nil
	}
	for {
		err := e.update(edited)
		switch {
		case err == nil:
			e.done = "edited " + e.what()
			return nil, nil
		case apierrors.IsConflict(err):
			before := e.live
			if e.live, err = e.client().Get(e.ctx, e.action.Ref.Name, metav1.GetOptions{}); err != nil {
				e.live = before
				return nil, e.explain("read", err)
			}
			if e.live.GetUID() != before.GetUID() {
				return nil, cmdutil.Findingf("%s was deleted and made anew", e.what())
			}
			if was, is := spec.Written(before), spec.Written(e.live); !equality.Semantic.DeepEqual(was, is) {
				return e.conflict(was, is), nil
			}
			// Only its status, which is not edited, was written meanwhile.
		case apierrors.IsInvalid(err), apierrors.IsBadRequest(err), apierrors.IsForbidden(err) && cmdutil.NoPermission(err) == "":
			return tell("the API server refuses this:", err), nil
		default:
			return nil, e.explain("update", err)
		}
	}
}

// conflict shows what others changed meanwhile. Who saves after that has seen it.
func (e *edit) conflict(was, is map[string]any) []string {
	said := []string{
		"NOT SAVED: it was changed in the cluster meanwhile, as below. What you save now replaces",
		"that: take over what should stay.",
	}
	if d, err := yamldiff.Of(was, is); err == nil {
		said = append(said, strings.Split(strings.TrimRight(d.String(), "\n"), "\n")...)
	}
	return said
}

func (e *edit) explain(verb string, err error) error {
	return e.world.explain(e.ctx, e.cluster, e.noun, verb, e.action.Ref, err)
}

// update writes what was typed over the object as it was read last; if that is not the
// newest, it is a conflict.
func (e *edit) update(edited *unstructured.Unstructured) error {
	whole := edited.DeepCopy()
	whole.SetResourceVersion(e.live.GetResourceVersion())
	whole.SetUID(e.live.GetUID())
	if status, ok := e.live.Object["status"]; ok {
		// A kind without the subresource would lose it.
		whole.Object["status"] = status
	}
	_, err := e.client().Update(e.ctx, whole, metav1.UpdateOptions{FieldManager: cmdutil.FieldManager, FieldValidation: metav1.FieldValidationStrict})
	return err
}

// parse reads what was typed, which stands below so many lines.
func (e *edit) parse(typed string, below int) (*unstructured.Unstructured, error) {
	docs, err := manifest.Parse(draftName(e.action.Ref), []byte(strings.Repeat("\n", below)+typed))
	switch {
	case err != nil:
		return nil, err
	case len(docs) != 1:
		return nil, fmt.Errorf("there are %d objects; there must be the one", len(docs))
	}
	// A value that was typed may be of a type that encoding/json does not make.
	edited := &unstructured.Unstructured{Object: docs[0].Object}
	var faults []error
	for _, f := range []struct{ field, is, was string }{
		{"apiVersion", edited.GetAPIVersion(), e.live.GetAPIVersion()},
		{"kind", edited.GetKind(), e.live.GetKind()},
		{"metadata.name", edited.GetName(), e.live.GetName()},
		{"metadata.namespace", edited.GetNamespace(), e.live.GetNamespace()},
	} {
		if f.is != f.was {
			faults = append(faults, docs[0].Errorf(f.field, "%s is %q; it can not be changed from %q", f.field, f.is, f.was))
		}
	}
	return edited, errors.Join(faults...)
}

// tell words a fault as lines.
func tell(what string, err error) []string {
	said := []string{"NOT SAVED: " + what}
	for line := range strings.Lines(err.Error()) {
		said = append(said, "  "+table.Printable(strings.TrimRight(line, "\n")))
	}
	return said
}
