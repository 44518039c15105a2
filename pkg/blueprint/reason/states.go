package reason

import (
	"slices"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// texts is a set of texts: those listed, or all but those listed.
type texts struct {
	listed []string
	allBut bool
}

var anyText = texts{allBut: true}

func only(listed ...string) texts   { return texts{listed: listed} }
func allBut(listed ...string) texts { return texts{listed: listed, allBut: true} }

func (t texts) has(s string) bool { return slices.Contains(t.listed, s) != t.allBut }

func (t texts) empty() bool { return !t.allBut && len(t.listed) == 0 }

func (t texts) not() texts { return texts{listed: t.listed, allBut: !t.allBut} }

func (t texts) and(u texts) texts {
	switch {
	case t.allBut && u.allBut:
		return allBut(slices.Concat(t.listed, u.listed)...)
	case t.allBut:
		return u.and(t)
	}
	var both []string
	for _, s := range t.listed {
		if u.has(s) {
			both = append(both, s)
		}
	}
	return only(both...)
}

// states is a set of what a path can lead to.
type states struct {
	// failed: the path can not be evaluated. missing and null: see stamp.Found.
	failed, missing, null bool
	// text: a text, or a number or boolean by its JSON text.
	text texts
	// other: an object or a list, which equals no value of a requirement.
	other bool
}

var anything = states{failed: true, missing: true, null: true, text: anyText, other: true}

func (s states) empty() bool {
	return !s.failed && !s.missing && !s.null && !s.other && s.text.empty()
}

func (s states) and(u states) states {
	return states{
		failed: s.failed && u.failed, missing: s.missing && u.missing, null: s.null && u.null,
		other: s.other && u.other, text: s.text.and(u.text),
	}
}

func (s states) not() states {
	return states{failed: !s.failed, missing: !s.missing, null: !s.null, other: !s.other, text: s.text.not()}
}

// fieldStates are those in which a requirement on a field holds (stamp.Field.Matches).
func fieldStates(operator v1alpha1.FieldSelectorOperator, values []string) states {
	switch operator {
	case v1alpha1.FieldSelectorOpIn:
		return states{text: only(values...)}
	case v1alpha1.FieldSelectorOpNotIn:
		return states{null: true, text: allBut(values...), other: true}
	case v1alpha1.FieldSelectorOpExists:
		return states{text: anyText, other: true}
	}
	return states{missing: true, null: true}
}
