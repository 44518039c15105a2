package why

import (
	"fmt"
	"strings"

	"github.com/carto-run/carto/pkg/tree"
)

// Below turns the explanation of an owner into that of an object below it.
func (w *Why) Below(subject tree.Ref, step string) *Why {
	owner := w.Subject
	w.Owner, w.Step, w.Subject = &owner, step, subject
	place := named(owner)
	if step != "" {
		place = fmt.Sprintf("step %s of %s", step, place)
	}
	// The sentence goes on about the owner.
	rest := strings.TrimPrefix(w.Sentence, named(owner)+" ")
	w.Sentence = fmt.Sprintf("%s is of %s, which %s", named(subject), place, rest)
	return w
}
