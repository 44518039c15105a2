package why

import (
	"cmp"
	"slices"

	"github.com/agnivade/levenshtein"

	"github.com/carto-run/carto/pkg/blueprint"
	"github.com/carto-run/carto/pkg/near"
	"github.com/carto-run/carto/pkg/tree"
)

// Selection says how the blueprint of an owner, and the options of its steps, were chosen.
type Selection struct {
	// Kind of the blueprints.
	Kind   string `json:"kind"`
	Choice `json:",inline"`
	// Steps with options.
	Steps []StepSelection `json:"steps,omitempty"`
}

// StepSelection is the choice among the options of a step.
type StepSelection struct {
	Step   string `json:"step"`
	Choice `json:",inline"`
}

// Choice is made by score: of those that match, the one with the highest is selected.
type Choice struct {
	// Selected is empty when none, or several, would do.
	Selected string `json:"selected,omitempty"`
	// Tie names those that match with the same, highest score.
	Tie []string `json:"tie,omitempty"`
	// Considered candidates: those that match by their scores, then those that do not, the
	// nearest first.
	Considered []Candidate `json:"considered"`
}

// Candidate is a blueprint or an option.
type Candidate struct {
	Name     string `json:"name"`
	Selector string `json:"selector"`
	// Score is the number of requirements.
	Score   int  `json:"score"`
	Matches bool `json:"matches"`
	// Unmet requirements, labels first.
	Unmet []Unmet `json:"unmet,omitempty"`

	distance int
}

// Unmet is a requirement that the owner does not meet.
type Unmet struct {
	Requirement string `json:"requirement"`
	// Label that it is about; empty when it is about a field.
	Label string `json:"label,omitempty"`
	// Has is the value of the label; absent when there is no such label.
	Has *string `json:"has,omitempty"`
	// Wants are the values that would do, where they are known.
	Wants []string `json:"wants,omitempty"`
}

// selection is nil when the blueprints were not read.
func selection(t *tree.Tree, blueprints []*blueprint.Blueprint, subject blueprint.Subject) *Selection {
	if len(blueprints) == 0 {
		return nil
	}
	s := &Selection{Kind: blueprints[0].Kind, Choice: ChooseBlueprint(blueprints, subject)}
	b := selected(t, blueprints)
	if b == nil || s.Selected != b.Name {
		return s
	}
	for _, r := range b.Order {
		if len(r.Options) == 0 {
			continue
		}
		s.Steps = append(s.Steps, StepSelection{Step: r.Name, Choice: ChooseOption(r, subject)})
	}
	return s
}

// ChooseBlueprint tells how the choice among the blueprints of one kind falls.
func ChooseBlueprint(blueprints []*blueprint.Blueprint, subject blueprint.Subject) Choice {
	var c Choice
	for _, b := range blueprints {
		c.Considered = append(c.Considered, candidate(b.Name, b.Selector, subject))
	}
	c.decide()
	return c
}

// ChooseOption tells the same of the options of a step.
func ChooseOption(r *blueprint.Resource, subject blueprint.Subject) Choice {
	var c Choice
	for _, o := range r.Options {
		c.Considered = append(c.Considered, candidate(o.String(), o.Selector, subject))
	}
	c.decide()
	return c
}

// selected is the blueprint that the owner went through last; nil when it is not among
// those that were read.
func selected(t *tree.Tree, blueprints []*blueprint.Blueprint) *blueprint.Blueprint {
	if t.Blueprint == nil {
		return nil
	}
	for _, b := range blueprints {
		if b.Name == t.Blueprint.Name {
			return b
		}
	}
	return nil
}

// step is the choice among the options of a step; nil when it has none.
func (s *Selection) step(name string) *Choice {
	if s == nil {
		return nil
	}
	for i := range s.Steps {
		if s.Steps[i].Step == name {
			return &s.Steps[i].Choice
		}
	}
	return nil
}

// far is the distance of a requirement of which the owner has nothing.
const far = 1000

// another is the distance of a word that no slip makes of what is needed.
const another = far / 2

func candidate(name string, selector *blueprint.Selector, subject blueprint.Subject) Candidate {
	c := Candidate{Name: name, Selector: selector.String(), Score: selector.Score()}
	for _, r := range selector.AllUnmet(subject) {
		u := Unmet{Requirement: r.String(), Label: r.Label, Wants: r.Wants}
		distance := far
		if has, ok := subject.Labels[r.Label]; ok && r.Label != "" {
			u.Has = &has
			for _, want := range r.Wants {
				distance = min(distance, apart(want, has))
			}
		} else if r.Label != "" {
			for key := range subject.Labels {
				distance = min(distance, apart(r.Label, key))
			}
		}
		c.Unmet = append(c.Unmet, u)
		c.distance += distance
	}
	c.Matches = len(c.Unmet) == 0
	return c
}

// apart is how many letters of a word are wrong, as long as it may have been meant.
func apart(word, is string) int {
	if word != is && len(near.Names(is, []string{word})) == 0 {
		return another
	}
	return levenshtein.ComputeDistance(word, is)
}

func (c *Choice) decide() {
	slices.SortStableFunc(c.Considered, func(a, b Candidate) int {
		if a.Matches != b.Matches {
			return cmp.Compare(len(a.Unmet), len(b.Unmet))
		}
		if a.Matches {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Name, b.Name))
		}
		return cmp.Or(cmp.Compare(len(a.Unmet), len(b.Unmet)), cmp.Compare(a.distance, b.distance), cmp.Compare(b.Score, a.Score), cmp.Compare(a.Name, b.Name))
	})
	var best []string
	for _, m := range c.Considered {
		if m.Matches && m.Score == c.Considered[0].Score {
			best = append(best, m.Name)
		}
	}
	switch len(best) {
	case 0:
	case 1:
		c.Selected = best[0]
	default:
		c.Tie = best
	}
}
