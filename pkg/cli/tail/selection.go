package tail

import (
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/cli/follow"
	"github.com/carto-run/carto/pkg/tree"
)

// Selection says which logs to show; an empty field selects all.
type Selection struct {
	// Steps by name; the steps of an owner that one stamps are selected with it.
	Steps      []string
	Pods       []string
	Containers []string
	// Component is the value of the pods' label app.kubernetes.io/component.
	Component string
}

// check finds steps that the blueprint does not have.
func (s *Selection) check(t *tree.Tree) error {
	for _, name := range s.Steps {
		outer, _, _ := strings.Cut(name, "/")
		if err := follow.UnknownStep(t, outer); err != nil {
			return err
		}
	}
	return nil
}

func (s *Selection) pod(p *pod) bool {
	return InSteps(s.Steps, p.step) &&
		(len(s.Pods) == 0 || slices.Contains(s.Pods, p.key.name)) &&
		(s.Component == "" || s.Component == p.component)
}

func (s *Selection) container(name string) bool {
	return len(s.Containers) == 0 || slices.Contains(s.Containers, name)
}

// InSteps tells whether a step is among those that were selected; all are when none was.
func InSteps(selected []string, step string) bool {
	return len(selected) == 0 || slices.ContainsFunc(selected, func(s string) bool {
		return step == s || strings.HasPrefix(step, s+"/")
	})
}
