package owner

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/manifest"
	"github.com/carto-run/carto/pkg/quantity"
)

var fields = []*lint.Rule{
	{
		ID: "OWN004", Slug: "duplicate-env", Level: lint.Warning, Needs: lint.NeedsOwner,
		Title: "a list of environment variables has one name twice",
		Text: `What a container gets then depends on the template; mostly the last entry counts, and nothing says so.

Remove one of the two.`,
		Bad: workload + `spec:
  env:
  - {name: LOG, value: info}
  - {name: LOG, value: debug} # <-
`,
		Good: workload + `spec:
  env:
  - {name: LOG, value: debug}
`,
		Check: checkEnv,
	},
	{
		ID: "OWN005", Slug: "half-source", Level: lint.Error, Needs: lint.NeedsOwner,
		Title: "an owner says only half of where its source is, or says it twice",
		Text: `A git source needs a URL, and a branch, a tag or a commit. An owner has one source: git, an image with source, or an image that is
already built. With several, options and templates disagree about which of them counts.

Where no template on the owner's way reads the part that is missing, nothing is said.`,
		Bad: workload + `spec:
  image: registry.example/cart@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 # <-
  source:
    git: # <-
      url: https://git.example/cart.git
`,
		Good:  workload + gitSource,
		Check: checkSource,
	},
	{
		ID: "OWN006", Slug: "several-git-refs", Level: lint.Warning, Needs: lint.NeedsOwner,
		Title: "a git source names a tag beside a branch or a commit",
		Text: `Each of them names a revision, and which one counts is decided by the template, or by the controller that fetches.

Keep one. A commit beside its branch is understood by most, and only an information.`,
		Bad: workload + `spec:
  source:
    git:
      url: https://git.example/cart.git
      ref: {branch: main, tag: v1} # <-
`,
		Good:  workload + gitSource,
		Check: checkRefs,
	},
	{
		ID: "OWN007", Slug: "floating-image", Level: lint.Warning, Needs: lint.NeedsOwner,
		Title: "an owner names an image by a tag that moves",
		Text: `Without a tag, or with latest, what is deployed changes when somebody pushes, and no object shows it.

Name the image by its digest, or by a tag that does not move.`,
		Bad: workload + `spec:
  image: registry.example/cart:latest # <-
`,
		Good: workload + `spec:
  image: registry.example/cart:v1.2.0
`,
		Check: checkImages,
	},
	{
		ID: "OWN008", Slug: "bad-quantity", Level: lint.Error, Needs: lint.NeedsOwner, Admission: true,
		Title: "a quantity of a workload can not be read, or a request is above its limit",
		Text: `The API server refuses a quantity that it can not read. It takes a request above the limit, but the pod of such a workload
is never made.

Quantities are numbers with a unit such as m, Ki, Mi or Gi.`,
		Bad: workload + `spec:
  resources:
    requests: {cpu: "2"} # <-
    limits: {cpu: 500m, memory: 1 Gi} # <-
`,
		Good: workload + `spec:
  resources:
    requests: {cpu: 250m}
    limits: {cpu: 500m, memory: 1Gi}
`,
		Check: checkQuantities,
	},
}

func checkEnv(p *lint.Pass) {
	for _, o := range p.Owners {
		if o.Workload == nil {
			continue
		}
		for path, env := range map[string][]corev1.EnvVar{"spec.env": o.Workload.Spec.Env, "spec.build.env": o.Workload.Spec.Build.Env} {
			first := map[string]int{}
			for i := range env {
				name := env[i].Name
				if j, seen := first[name]; seen {
					p.Report(o.Key(fmt.Sprintf("%s[%d]", path, i)), "%s has the variable %q twice", path, name).
						Because(o.Key(fmt.Sprintf("%s[%d]", path, j)).Range, "the first one")
					continue
				}
				first[name] = i
			}
		}
	}
}

// source of an owner; nil when it has none.
func source(o *lint.Owner) *v1alpha1.Source {
	switch {
	case o.Workload != nil:
		return o.Workload.Spec.Source
	case o.Deliverable != nil:
		return o.Deliverable.Spec.Source
	}
	return nil
}

func isSet(s *string) bool { return s != nil && *s != "" }

func hasRef(git *v1alpha1.GitSource) bool {
	return git.Ref != nil && (isSet(git.Ref.Branch) || isSet(git.Ref.Tag) || isSet(git.Ref.Commit))
}

// halfGit says that a path is in the part of a git source that is missing as a whole, which
// is one fault (OWN005) and not one for each template that reads it.
func halfGit(o *lint.Owner, names []string) bool {
	s := source(o)
	if s == nil || s.Git == nil || len(names) < 4 || !slices.Equal(names[:3], []string{"spec", "source", "git"}) {
		return false
	}
	return names[3] == "url" && !isSet(s.Git.URL) || names[3] == "ref" && !hasRef(s.Git)
}

func checkSource(p *lint.Pass) {
	routes := map[*lint.Owner]*lint.Route{}
	for _, route := range p.Routes() {
		routes[route.Owner] = route
	}
	for _, o := range p.Owners {
		s := source(o)
		if s == nil {
			continue
		}
		built := o.Workload != nil && isSet(o.Workload.Spec.Image)
		switch git, image := s.Git != nil, isSet(s.Image); {
		case built && git:
			p.Report(o.Key("spec.image"), "%s has both an image that is built and a git source", o).Because(o.Key("spec.source.git").Range, "the git source")
		case built && image:
			p.Report(o.Key("spec.image"), "%s has both an image that is built and an image with source", o).Because(o.Key("spec.source.image").Range, "the image with source")
		case git && image:
			p.Report(o.Key("spec.source.image"), "%s has both a git source and an image with source", o).Because(o.Key("spec.source.git").Range, "the git source")
		}
		if s.Git == nil {
			continue
		}
		route := routes[o]
		if !isSet(s.Git.URL) && needed(route, o, "url") {
			p.Report(o.Key("spec.source.git"), "the git source of %s has no url", o)
		}
		if !hasRef(s.Git) && needed(route, o, "ref") {
			p.Report(o.Key("spec.source.git"), "the git source of %s names no branch, tag or commit", o).
				Do("add ref: {branch: main}, or what else it is")
		}
	}
}

// needed says that a template on the owner's way may read a part of the git source; true when
// the way is not known.
func needed(route *lint.Route, o *lint.Owner, part string) bool {
	if route == nil || route.Blueprint() == nil {
		return true
	}
	for _, use := range route.Uses() {
		if use.IsPassThrough() {
			continue
		}
		if use.Template == nil {
			return true
		}
		for _, root := range []string{strings.ToLower(o.Doc.Kind()), "workload", "deliverable"} {
			if use.Template.CanRead(root, "spec", "source", "git", part) {
				return true
			}
		}
	}
	return false
}

func checkRefs(p *lint.Pass) {
	for _, o := range p.Owners {
		s := source(o)
		if s == nil || s.Git == nil || s.Git.Ref == nil {
			continue
		}
		var set []string
		for _, part := range []struct {
			name  string
			value *string
		}{{"branch", s.Git.Ref.Branch}, {"tag", s.Git.Ref.Tag}, {"commit", s.Git.Ref.Commit}} {
			if isSet(part.value) {
				set = append(set, part.name)
			}
		}
		if len(set) < 2 {
			continue
		}
		f := p.Report(o.Key("spec.source.git.ref"), "the git source of %s names a %s", o, strings.Join(set, " and a ")).Do("keep one of them")
		if !slices.Contains(set, "tag") {
			f.As(lint.Info)
		}
	}
}

func checkImages(p *lint.Pass) {
	for _, o := range p.Owners {
		if o.Workload != nil && isSet(o.Workload.Spec.Image) {
			checkImage(p, o, "spec.image", *o.Workload.Spec.Image)
		}
		if s := source(o); s != nil && isSet(s.Image) {
			checkImage(p, o, "spec.source.image", *s.Image)
		}
	}
}

func checkImage(p *lint.Pass, o *lint.Owner, path, image string) {
	if strings.Contains(image, "@") {
		return
	}
	name := image[strings.LastIndexByte(image, '/')+1:]
	switch _, tag, ok := strings.Cut(name, ":"); {
	case !ok:
		p.Report(o.Value(path), "%s of %s has no tag and no digest, so that it is whatever was pushed last", path, o).Do("name it by its digest")
	case tag == "latest":
		p.Report(o.Value(path), "%s of %s has the tag latest, which moves", path, o).Do("name it by its digest")
	}
}

// checkQuantities reads the documents: one with a bad quantity can not be decoded.
func checkQuantities(p *lint.Pass) {
	for _, o := range p.OfKind(v1alpha1.KindWorkload) {
		if !o.IsCarto() {
			continue
		}
		spec, _ := o.Doc.Object["spec"].(map[string]any)
		resources, _ := spec["resources"].(map[string]any)
		limits := quantities(p, o, resources, "limits")
		requests := quantities(p, o, resources, "requests")
		for _, name := range slices.Sorted(maps.Keys(requests)) {
			limit, ok := limits[name]
			if request := requests[name]; ok && request.Cmp(limit) > 0 {
				p.Report(o.Value(below("requests", name)), "%s requests %s of %s, which is above the limit of %s", o, request.String(), name, limit.String()).
					Because(o.Value(below("limits", name)).Range, "the limit").
					Do("request less, or allow more")
			}
		}
	}
}

func quantities(p *lint.Pass, o *lint.Object, resources map[string]any, part string) map[string]resource.Quantity {
	written, _ := resources[part].(map[string]any)
	read := make(map[string]resource.Quantity, len(written))
	for _, name := range slices.Sorted(maps.Keys(written)) {
		switch value := written[name].(type) {
		case string, int64, float64, int:
			text := fmt.Sprint(value)
			q, err := quantity.Parse(text)
			if err != nil {
				p.Report(o.Value(below(part, name)), "%q is no quantity of %s", text, name).Do("write a number with a unit such as m, Ki, Mi or Gi")
				continue
			}
			if q.Sign() < 0 {
				p.Report(o.Value(below(part, name)), "a quantity of %s can not be negative", name)
			}
			read[name] = q
		}
	}
	return read
}

func below(part, name string) string { return manifest.Join("spec.resources."+part, name) }
