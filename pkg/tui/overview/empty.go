package overview

import (
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/table"
	"github.com/carto-run/carto/pkg/tui/screen"
)

// empty is what stands where no rows are: why, and what to do.
func (o *overview) empty(env *screen.Env, height int) []string {
	title, remedies := o.nothing(env)
	const indent = "  "
	lines := []string{""}
	paint := env.Theme.Strong.Render
	for i, text := range append([]string{title}, remedies...) {
		if i == 1 {
			lines = append(lines, "")
			paint = env.Theme.Faint.Render
		}
		for _, line := range table.Wrap(indent, indent, table.OneLine(text), env.Width) {
			lines = append(lines, paint(table.Cut(line, env.Width, env.Theme.Unicode)))
		}
	}
	if len(lines) > height {
		// What is wrong counts more than the air around it.
		lines = lines[1:]
	}
	return lines[:max(0, min(height, len(lines)))]
}

// where the rows are looked for, as the end of a sentence.
func (o *overview) where() string {
	if !namespaced(o.kind) {
		return ""
	}
	if o.namespace == "" {
		return " in any namespace"
	}
	return " in namespace " + o.namespace
}

// nothing says why there are no rows, and what can be done, one sentence each.
func (o *overview) nothing(env *screen.Env) (string, []string) {
	many, all := nounOf(o.kind).many, len(o.rows.all)
	elsewhere := "0 shows all namespaces."
	switch {
	case o.fault != nil && all == 0:
		return o.failed(env)
	case !o.rows.synced && all == 0:
		return "Reading " + many + o.where() + " ...", nil
	case !o.rows.synced:
		return fmt.Sprintf("Reading %s%s: none of the %d so far is shown.", many, o.where(), all), []string{o.clearing()}
	case all == 0 && o.of != nil:
		remedies := []string{"Labels decide: d on the blueprint shows its selector. esc goes back."}
		if o.namespace != "" {
			remedies = append([]string{elsewhere}, remedies...)
		}
		return fmt.Sprintf("No %s%s go through %s.", many, o.where(), o.of.Name), remedies
	case all == 0:
		var remedies []string
		if namespaced(o.kind) && o.namespace != "" {
			remedies = append(remedies, elsewhere)
		}
		switch {
		case o.kind == v1alpha1.KindWorkload && env.Write:
			remedies = append(remedies, "a creates one.")
		case o.kind == v1alpha1.KindWorkload:
			remedies = append(remedies, fmt.Sprintf("With --write a creates one; so does %s workload create NAME.", env.Program))
		}
		return fmt.Sprintf("No %s%s.", many, o.where()), append(remedies, "tab goes to the next kind.")
	case o.rows.rule.problems && o.prompt.typed() == "":
		return fmt.Sprintf("No problems: all %d %s are ready.", all, many), []string{"ctrl-z shows them."}
	case o.rows.rule.problems:
		return fmt.Sprintf("No %s that is not ready matches %s.", nounOf(o.kind).one, o.prompt.typed()), []string{o.clearing(), "ctrl-z shows ready ones, too."}
	}
	return fmt.Sprintf("None of %d %s matches %s.", all, nounOf(o.kind).of(all), o.prompt.typed()), []string{o.clearing()}
}

func (o *overview) clearing() string {
	if o.prompt.typed() == "" {
		return "ctrl-z shows all."
	}
	return "esc clears the filter."
}

// failed words a fault, where nothing could be read.
func (o *overview) failed(env *screen.Env) (string, []string) {
	many, err := nounOf(o.kind).many, o.fault.Err
	switch {
	case err == nil:
		return fmt.Sprintf("%s%s can not be read.", many, o.where()), []string{"ctrl-r tries again."}
	case apierrors.IsForbidden(err):
		remedies := []string{"It takes the verbs list and watch; " + env.Program + " doctor says what else is missing."}
		if namespaced(o.kind) {
			remedies = append(remedies, ":ns NAME goes to a namespace that you may read; ctrl-r tries again.")
		}
		return fmt.Sprintf("You may not read %s%s.", many, o.where()), append([]string{err.Error()}, remedies...)
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
		again := "they show here as soon as there are any."
		if o.fault.Final {
			again = "ctrl-r looks again."
		}
		return fmt.Sprintf("This cluster does not know %s: Carto is not installed in it.", many), []string{
			err.Error(),
			env.Program + " install installs it; :ctx NAME goes to another cluster; " + again,
		}
	case o.fault.Final:
		return fmt.Sprintf("The %s can not be read.", many), []string{err.Error(), "ctrl-r tries again."}
	}
	return fmt.Sprintf("The %s could not be read yet; it is tried again.", many), []string{err.Error()}
}

// stale says that rows are shown that may be old.
func (o *overview) stale() string {
	next := "it is tried again"
	if o.fault.Final {
		next = "ctrl-r tries again"
	}
	if o.fault.Err == nil {
		return "these rows may be old; " + next
	}
	return fmt.Sprintf("these rows may be old; %s: %s", next, oneLine(o.fault.Err.Error()))
}
