package lint

import (
	"strconv"
	"sync"

	"github.com/carto-run/carto/pkg/blueprint"
)

// Route is the way of a Workload or Deliverable through the blueprints of the set.
type Route struct {
	Owner *Owner
	// Blueprints that match best: none, the one that is chosen, or several in a tie.
	Blueprints []*Blueprint
	// Steps of the chosen blueprint, in the author's order.
	Steps []RouteStep
}

// RouteStep is what a step does for an owner.
type RouteStep struct {
	Step *blueprint.Resource
	// Path is spec.resources[i] of the blueprint.
	Path string
	// Uses that match best: one, unless the options leave none or tie.
	Uses []*Use
	// Err is why the options could not be evaluated.
	Err error
}

// Blueprint that is chosen; nil when there is none, or a tie.
func (r *Route) Blueprint() *Blueprint {
	if len(r.Blueprints) != 1 {
		return nil
	}
	return r.Blueprints[0]
}

// Uses are the templates that the owner goes through. Where it can not be told which option is
// chosen they are all of the step.
func (r *Route) Uses() []*Use {
	var uses []*Use
	for _, step := range r.Steps {
		uses = append(uses, step.Uses...)
		if len(step.Uses) == 0 {
			uses = append(uses, r.Blueprint().usesOf(step.Step)...)
		}
	}
	return uses
}

func (b *Blueprint) usesOf(step *blueprint.Resource) []*Use {
	var uses []*Use
	for _, use := range b.Uses {
		if use.Step == step {
			uses = append(uses, use)
		}
	}
	return uses
}

// routes are made on request, once.
type routes struct {
	once sync.Once
	all  []*Route
}

// Routes are those of all Workloads and Deliverables whose kind has a blueprint in the set, in
// the order of the files.
func (s *Set) Routes() []*Route {
	s.routes.once.Do(func() {
		by := map[string][]*Blueprint{}
		for _, o := range s.Owners {
			kind := o.Doc.Kind()
			if o.Runnable != nil {
				continue
			}
			if _, seen := by[kind]; !seen {
				by[kind] = s.BlueprintsOf(kind)
			}
			if len(by[kind]) > 0 {
				s.routes.all = append(s.routes.all, newRoute(o, by[kind]))
			}
		}
	})
	return s.routes.all
}

func newRoute(o *Owner, from []*Blueprint) *Route {
	compiled := make([]*blueprint.Blueprint, len(from))
	for i, b := range from {
		compiled[i] = b.Blueprint
	}
	best, _ := blueprint.Select(compiled, o.Subject)
	r := &Route{Owner: o}
	for _, b := range from {
		for _, chosen := range best {
			if b.Blueprint == chosen {
				r.Blueprints = append(r.Blueprints, b)
			}
		}
	}
	b := r.Blueprint()
	if b == nil {
		return r
	}
	for i, step := range b.Resources {
		s := RouteStep{Step: step, Path: "spec.resources[" + strconv.Itoa(i) + "]"}
		if len(step.Options) == 0 {
			s.Uses = b.usesOf(step)
		} else {
			var chosen []blueprint.Option
			chosen, s.Err = step.SelectOption(o.Subject)
			for _, use := range b.usesOf(step) {
				for _, option := range chosen {
					if use.Option.Selector == option.Selector {
						s.Uses = append(s.Uses, use)
					}
				}
			}
		}
		r.Steps = append(r.Steps, s)
	}
	return r
}
