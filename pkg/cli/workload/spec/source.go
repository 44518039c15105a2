package spec

import (
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"slices"
)

// mavenParam says which maven artifact is the source.
const mavenParam = "maven"

// layerSource puts the flags about the source on top. A workload has one source: the kind
// that the flags give replaces whatever kind was there.
func (o *Options) layerSource(l *layering) {
	if o.gitGiven() {
		l.only("git")
		for _, f := range []struct{ flag, value, field string }{
			{"git-branch", o.GitBranch, "branch"}, {"git-tag", o.GitTag, "tag"}, {"git-commit", o.GitCommit, "commit"},
		} {
			if o.changed(f.flag) {
				l.text(f.value, "spec", "source", "git", "ref", f.field)
			}
		}
		if o.changed("git-repo") {
			if l.text(o.GitRepo, "spec", "source", "git", "url"); o.GitRepo == "" {
				l.drop("spec", "source", "git")
			}
		}
	}
	if o.changed("source-image") {
		if o.SourceImage != "" {
			l.only("image")
		}
		l.text(o.SourceImage, "spec", "source", "image")
	}
	if o.changed("sub-path") {
		l.text(o.SubPath, "spec", "source", "subPath")
	}
	if o.changed("image") {
		if l.text(o.Image, "spec", "image"); o.Image != "" {
			l.drop("spec", "source")
			l.dropMaven()
		}
	}
	if o.mavenGiven() {
		o.layerMaven(l)
	}
	// A parameter that was asked for by name is not an old source.
	if o.gitGiven() || o.SourceImage != "" || o.Image != "" {
		l.each("param-yaml", o.ParamsYAML, func(p pair) {
			if p.key == mavenParam && !p.remove {
				l.faultf("--param-yaml %s and the flags of another source exclude each other: a workload has one source", mavenParam)
			}
		})
	}
}

// only removes the sources other than one field of spec.source; the sub-path stays.
func (l *layering) only(field string) {
	l.drop("spec", "image")
	for _, other := range []string{"git", "image"} {
		if other != field {
			l.drop("spec", "source", other)
		}
	}
	l.dropMaven()
}

func (l *layering) dropMaven() { l.named(paramsPath, mavenParam, nil, true) }

// layerMaven edits the parameter field by field, so that a new version needs one flag.
// The flags beat --param-yaml (spec: cli §2.2), which Notices says.
func (o *Options) layerMaven(l *layering) {
	fields := map[string]any{}
	if !o.mavenByYAML() {
		if before, ok := l.param(mavenParam).(map[string]any); ok {
			fields = before
		}
	}
	for _, f := range []struct{ flag, value, field string }{
		{"maven-group", o.MavenGroup, "groupId"}, {"maven-artifact", o.MavenArtifact, "artifactId"},
		{"maven-version", o.MavenVersion, "version"}, {"maven-type", o.MavenType, "type"},
	} {
		if o.changed(f.flag) {
			if fields[f.field] = f.value; f.value == "" {
				delete(fields, f.field)
			}
		}
		if text, _ := fields[f.field].(string); text == "" && f.flag != "maven-type" && len(fields) > 0 {
			l.faultf("a maven source needs a group, an artifact and a version: --%s", f.flag)
		}
	}
	if len(fields) > 0 {
		l.drop("spec", "image")
		l.drop("spec", "source")
	}
	l.named(paramsPath, mavenParam, map[string]any{"value": fields}, len(fields) == 0)
}

func (o *Options) mavenByYAML() bool {
	for _, v := range o.ParamsYAML {
		if p, err := parsePair("param-yaml", v); err == nil && p.key == mavenParam && !p.remove {
			return true
		}
	}
	return false
}

// hasSource tells whether anything of spec.source can have a sub-path.
func hasSource(obj *unstructured.Unstructured) bool {
	for _, path := range [][]string{{"spec", "image"}, {"spec", "source", "git", "url"}, {"spec", "source", "image"}} {
		if s, _, _ := unstructured.NestedString(obj.Object, path...); s != "" {
			return true
		}
	}
	return false
}

// hasMaven tells whether a maven artifact is the source.
func hasMaven(obj *unstructured.Unstructured) bool {
	params, _, _ := unstructured.NestedSlice(obj.Object, "spec", "params")
	return slices.ContainsFunc(params, func(p any) bool {
		m, _ := p.(map[string]any)
		return m["name"] == mavenParam
	})
}
