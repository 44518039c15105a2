package e2e

import (
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/carto-run/carto/pkg/lint"
	catalogue "github.com/carto-run/carto/pkg/lint/rules"
	"github.com/carto-run/carto/pkg/manifest"
)

// TestRulesAdmission: what a rule of lint says about the API server is what the API server
// does with the rule's examples.
func TestRulesAdmission(t *testing.T) {
	t.Parallel()
	a := newAdmission(t)
	for _, rule := range catalogue.All() {
		if err := a.refuses(t, rule.Good); err != nil {
			t.Errorf("%s: the good example is refused: %v", rule, err)
		}
		if err := a.refuses(t, rule.Bad); (err != nil) != rule.Admission {
			t.Errorf("%s: admission is %v, but to the bad example the API server says %v", rule, rule.Admission, err)
		}
	}
}

// refuses is the first error with which the API server answers to the objects of Carto in an
// example, or why they can not be sent at all.
func (a admission) refuses(t *testing.T, example string) error {
	t.Helper()
	for _, file := range lint.Files(example) {
		docs, faults := manifest.ParseAll(file.Name, file.Data)
		for _, doc := range docs {
			o := (&unstructured.Unstructured{Object: doc.Object}).DeepCopy()
			if o.GroupVersionKind().Group != "carto.run" {
				continue
			}
			// What admission lets pass may bear the name of another test's object.
			if _, err := a.try(o); err != nil && !apierrors.IsAlreadyExists(err) {
				return err
			}
		}
		for _, fault := range faults {
			if !fault.Duplicate {
				return errors.New(fault.String())
			}
		}
	}
	return nil
}
