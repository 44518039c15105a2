package suite

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/manifest"
)

// Files that are found by their names.
const (
	fileInfo           = "info.yaml"
	fileTemplate       = "template.yaml"
	fileTemplateValues = "template-ytt-values.yaml"
	fileExpected       = "expected.yaml"
	fileSelected       = "selected.yaml"
	fileSteps          = "steps.yaml"
)

// ownerFiles are the files of owners, by kind.
var ownerFiles = []struct{ kind, file string }{
	{v1alpha1.KindWorkload, "workload.yaml"},
	{v1alpha1.KindDeliverable, "deliverable.yaml"},
	{v1alpha1.KindRunnable, "runnable.yaml"},
}

// chainPrefixes begin the names of the files of a chain. The values for ytt are named the
// same way, and are none of them.
var chainPrefixes = []string{"supply-chain", "delivery"}

const chainValues = "-ytt-values.yaml"

// settings are what a directory says about tests, over what it inherited.
type settings struct {
	// name and description are those of the directory itself.
	name, description string

	template, templateValues string // paths, as all below
	owner, ownerKind         string
	selected                 string
	expected                 string
	steps                    string // of the directory itself

	// At most one of mock and chain is set.
	mock  *mock
	chain *chainSettings
	// chainValues are those with which the files of a chain go through ytt.
	chainValues string

	options compareOptions
	focus   bool

	// says is true once a directory holds what makes a test.
	says bool
	// faults keep tests from running.
	faults []error
}

type chainSettings struct {
	paths    []string
	target   string
	previous map[string]previousOutput
	// at is where the settings stand, for errors about them; nil when only names said so.
	at *manifest.Document
}

// settingsOf are the settings of a directory over inherited ones.
func (f Files) settingsOf(dir string, entries []fs.DirEntry, inherited settings) settings {
	s := inherited
	s.name, s.description, s.steps = "", "", ""
	s.faults = slices.Clone(inherited.faults)
	names := map[string]bool{}
	for _, entry := range entries {
		if !entry.IsDir() {
			names[entry.Name()] = true
		}
	}
	f.findFiles(&s, dir, names)
	paths := s.findChain(dir, names)
	if len(paths) > 0 {
		chain := &chainSettings{}
		if inherited.chain != nil {
			*chain = *inherited.chain
		}
		chain.paths = paths
		s.chain, s.mock = chain, nil
	}
	if names[fileInfo] {
		s.says = true
		if err := f.takeInfo(&s, dir, len(paths) > 0); err != nil {
			s.faults = append(s.faults, err)
		}
	}
	return s
}

func (f Files) findFiles(s *settings, dir string, names map[string]bool) {
	take := func(to *string, name string) {
		if names[name] {
			*to = path.Join(dir, name)
		}
	}
	take(&s.template, fileTemplate)
	take(&s.templateValues, fileTemplateValues)
	take(&s.expected, fileExpected)
	take(&s.selected, fileSelected)
	take(&s.steps, fileSteps)
	if names[fileSteps] && names[fileExpected] {
		s.faults = append(s.faults, fmt.Errorf("%s holds %s and %s; keep one: the first is for a whole chain, the other for one template", f.show(dir), fileSteps, fileExpected))
	}
	s.says = s.says || names[fileTemplate] || names[fileExpected]
	var found []string
	for _, o := range ownerFiles {
		if names[o.file] {
			s.owner, s.ownerKind = path.Join(dir, o.file), o.kind
			found = append(found, o.file)
		}
	}
	if len(found) > 1 {
		s.faults = append(s.faults, fmt.Errorf("%s holds several owners: %s; keep one", f.show(dir), strings.Join(found, ", ")))
	}
}

// findChain finds the files of a chain by their names.
func (s *settings) findChain(dir string, names map[string]bool) (paths []string) {
	for _, name := range slices.Sorted(maps.Keys(names)) {
		for _, prefix := range chainPrefixes {
			switch {
			case !strings.HasPrefix(name, prefix), path.Ext(name) != ".yaml" && path.Ext(name) != ".yml":
			case name == prefix+chainValues:
				s.chainValues = path.Join(dir, name)
			default:
				paths = append(paths, path.Join(dir, name))
			}
		}
	}
	return paths
}

// takeInfo puts what info.yaml says over what files with the known names say. hasChain
// tells that the directory has the files of a chain.
func (f Files) takeInfo(s *settings, dir string, hasChain bool) error {
	name := path.Join(dir, fileInfo)
	data, err := f.read(name)
	if err != nil {
		return err
	}
	said, doc, err := readInfo(f.show(name), data)
	if err != nil {
		return err
	}
	s.name, s.description = said.Metadata.Name, said.Metadata.Description
	t := &taker{dir: dir, doc: doc, s: s}
	t.path(&s.template, said.Given.Template.Path, "given.template.path")
	t.path(&s.templateValues, said.Given.Template.YttPath, "given.template.yttPath")
	t.path(&s.selected, said.Given.Selected, "given.selected")
	t.path(&s.expected, said.Expected, "expected")
	t.owner(&said.Given)
	t.chain(&said.Given, hasChain)
	t.options(said.CompareOptions)
	if said.Focus != nil {
		s.focus = *said.Focus
	}
	return nil
}

// taker takes what an info.yaml says.
type taker struct {
	dir string
	doc *manifest.Document
	s   *settings
}

func (t *taker) faultf(field, format string, args ...any) {
	t.s.faults = append(t.s.faults, t.doc.Errorf(field, "%s: %w", field, fmt.Errorf(format, args...)))
}

func (t *taker) path(to *string, name, field string) {
	if name == "" {
		return
	}
	resolved, ok := resolve(t.dir, name)
	if !ok {
		t.faultf(field, "%q leads out of the files of the tests; put the file into them, or name a folder around both with --root", name)
		return
	}
	*to = resolved
}

func (t *taker) owner(given *given) {
	found := ""
	for _, o := range []struct{ kind, field, path string }{
		{v1alpha1.KindWorkload, "given.workload", given.Workload},
		{v1alpha1.KindDeliverable, "given.deliverable", given.Deliverable},
		{v1alpha1.KindRunnable, "given.runnable", given.Runnable},
	} {
		switch {
		case o.path == "":
		case found != "":
			t.faultf(o.field, "%s names an owner already; keep one of them", found)
		default:
			found = o.field
			t.s.ownerKind = o.kind
			t.path(&t.s.owner, o.path, o.field)
		}
	}
}

func (t *taker) chain(given *given, hasFiles bool) {
	mocked, chain := given.MockSupplyChain, given.SupplyChain
	if mocked != nil && (chain != nil || hasFiles) {
		t.faultf("given.mockSupplyChain", "there is a real supply chain as well; keep one of them")
		return
	}
	if mocked != nil {
		t.mock(mocked)
		return
	}
	if chain == nil {
		return
	}
	merged := &chainSettings{at: t.doc}
	if t.s.chain != nil {
		*merged = *t.s.chain
		merged.at = t.doc
	}
	if len(chain.Paths) > 0 {
		merged.paths = nil
		for i, name := range chain.Paths {
			resolved := ""
			t.path(&resolved, name, fmt.Sprintf("given.supplyChain.paths[%d]", i))
			if resolved != "" {
				merged.paths = append(merged.paths, resolved)
			}
		}
	}
	t.path(&t.s.chainValues, chain.YttPath, "given.supplyChain.yttPath")
	if chain.TargetResourceName != "" {
		merged.target = chain.TargetResourceName
	}
	if chain.PreviousOutputs != nil {
		merged.previous = chain.PreviousOutputs
	}
	t.s.chain, t.s.mock = merged, nil
}

// mock takes what is given over what is inherited, and checks that inputs have one name.
func (t *taker) mock(said *mock) {
	merged := &mock{}
	if t.s.mock != nil {
		*merged = *t.s.mock
	}
	merged.Name, merged.Resource = cmp.Or(said.Name, merged.Name), cmp.Or(said.Resource, merged.Resource)
	if said.BlueprintParams != nil {
		merged.BlueprintParams = said.BlueprintParams
	}
	if said.BlueprintInputs != nil {
		merged.BlueprintInputs = said.BlueprintInputs
		check := func(list, key, name string) {
			if name != "" && name != key {
				t.faultf("given.mockSupplyChain.blueprintInputs."+list+"."+key, "the input has another name below: %q", name)
			}
		}
		for _, key := range slices.Sorted(maps.Keys(said.BlueprintInputs.Sources)) {
			check("sources", key, said.BlueprintInputs.Sources[key].Name)
		}
		for _, key := range slices.Sorted(maps.Keys(said.BlueprintInputs.Images)) {
			check("images", key, said.BlueprintInputs.Images[key].Name)
		}
		for _, key := range slices.Sorted(maps.Keys(said.BlueprintInputs.Configs)) {
			check("configs", key, said.BlueprintInputs.Configs[key].Name)
		}
	}
	t.s.mock, t.s.chain = merged, nil
}

func (t *taker) options(said *compareOptions) {
	if said == nil {
		return
	}
	o := &t.s.options
	for _, both := range []struct{ from, to **bool }{
		{&said.IgnoreMetadata, &o.IgnoreMetadata}, {&said.IgnoreOwnerRefs, &o.IgnoreOwnerRefs}, {&said.IgnoreLabels, &o.IgnoreLabels},
	} {
		if *both.from != nil {
			*both.to = *both.from
		}
	}
	if said.IgnoreMetadataFields != nil {
		o.IgnoreMetadataFields = said.IgnoreMetadataFields
	}
	if said.NamedCMPOptionFuncs != nil {
		o.NamedCMPOptionFuncs = said.NamedCMPOptionFuncs
	}
	for i, name := range said.NamedCMPOptionFuncs {
		if name != numbersAsFloats {
			t.faultf(fmt.Sprintf("compareOptions.namedCMPOptionFuncs[%d]", i), "%q is not known; the one that there is: %s", name, numbersAsFloats)
		}
	}
}
