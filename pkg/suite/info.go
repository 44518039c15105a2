package suite

import (
	"fmt"
	"regexp"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
)

// info is the content of info.yaml (spec: cartotest). Fields that are unknown are faults:
// a setting that is misspelled must not make a test mean something else.
type info struct {
	Metadata struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	} `json:"metadata"`
	Given          given           `json:"given"`
	Expected       string          `json:"expected"`
	CompareOptions *compareOptions `json:"compareOptions"`
	Focus          *bool           `json:"focus"`
}

type given struct {
	Template struct {
		Path    string `json:"path"`
		YttPath string `json:"yttPath"`
	} `json:"template"`
	Workload string `json:"workload"`
	// Deliverable, Runnable and Selected, the object that a Runnable selects, are Carto's own.
	Deliverable     string          `json:"deliverable"`
	Runnable        string          `json:"runnable"`
	Selected        string          `json:"selected"`
	MockSupplyChain *mock           `json:"mockSupplyChain"`
	SupplyChain     *chainReference `json:"supplyChain"`
}

// mock are inputs and params that no chain made.
type mock struct {
	// Name and Resource are in the labels; Carto's own.
	Name            string                    `json:"name"`
	Resource        string                    `json:"resource"`
	BlueprintInputs *mockInputs               `json:"blueprintInputs"`
	BlueprintParams []v1alpha1.BlueprintParam `json:"blueprintParams"`
}

type mockInputs struct {
	Sources    map[string]mockSource `json:"sources"`
	Images     map[string]mockImage  `json:"images"`
	Configs    map[string]mockConfig `json:"configs"`
	Deployment *mockSource           `json:"deployment"`
}

type mockSource struct {
	URL      any    `json:"url"`
	Revision any    `json:"revision"`
	Name     string `json:"name"`
}

type mockImage struct {
	Image any    `json:"image"`
	Name  string `json:"name"`
}

type mockConfig struct {
	Config any    `json:"config"`
	Name   string `json:"name"`
}

// chainReference is a chain of files, and the step of it whose template is tested.
type chainReference struct {
	Paths              []string                  `json:"paths"`
	YttPath            string                    `json:"yttPath"`
	TargetResourceName string                    `json:"targetResourceName"`
	PreviousOutputs    map[string]previousOutput `json:"previousOutputs"`
}

// previousOutput is what a step before the tested one gave.
type previousOutput struct {
	Source *struct {
		URL      any `json:"url"`
		Revision any `json:"revision"`
	} `json:"source"`
	Image  any `json:"image"`
	Config any `json:"config"`
}

type compareOptions struct {
	IgnoreMetadata       *bool    `json:"ignoreMetadata"`
	IgnoreOwnerRefs      *bool    `json:"ignoreOwnerRefs"`
	IgnoreLabels         *bool    `json:"ignoreLabels"`
	IgnoreMetadataFields []string `json:"ignoreMetadataFields"`
	NamedCMPOptionFuncs  []string `json:"namedCMPOptionFuncs"`
}

// numbersAsFloats is the one function of namedCMPOptionFuncs.
const numbersAsFloats = "ConvertNumbersToFloatsDuringComparison"

// flatFields are those of the older, flat form of info.yaml, which the published pages of
// cartotest show and its code does not read.
var flatFields = regexp.MustCompile(`unknown field "(name|description|template|workload|mockSupplyChain|supplyChain|blueprintInputs|blueprintParams|yttPath|ignoreMetadata|ignoreOwnerRefs|ignoreLabels|ignoreMetadataFields)"`)

// readInfo reads an info.yaml; the document is there for positions.
func readInfo(shown string, data []byte) (*info, *manifest.Document, error) {
	docs, err := manifest.Parse(shown, data)
	switch {
	case err != nil:
		return nil, nil, err
	case len(docs) == 0:
		return &info{}, &manifest.Document{File: shown, Line: 1}, nil
	case len(docs) > 1:
		return nil, nil, fmt.Errorf("%s:%d: a second document begins here; settings are one", shown, docs[1].Line)
	}
	doc, read := &docs[0], &info{}
	if err := doc.Into(read); err != nil {
		if flatFields.MatchString(err.Error()) {
			err = fmt.Errorf("%w\n(the fields of the older, flat form stand below metadata, given and compareOptions now)", err)
		}
		return nil, nil, err
	}
	return read, doc, nil
}
