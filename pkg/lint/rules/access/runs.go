package access

import (
	"cmp"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/carto-run/carto/pkg/lint"
)

// Verbs that the agent uses with the account of a Runnable to find what that selects.
var verbsOfSelected = []string{"list"}

// runner is an account with which a Runnable makes its runs.
type runner struct {
	account
	*lint.Runnable
	template *lint.Template // its run template
	named    lint.Place
}

// runnersOf lists the accounts of Runnables that say in plain words which they use. Those that a
// template stamps are in the namespaces of the owners that use it.
func runnersOf(set *lint.Set) []runner {
	var runners []runner
	actors := actorsOf(set)
	for _, t := range set.Templates {
		if !t.IsRun() {
			continue
		}
		for _, run := range set.RunnablesOf(t) {
			if run.Written != nil {
				continue // what account it names can not be told
			}
			r := runner{Runnable: run, template: t, named: run.Value(run.Field("spec.serviceAccountName"))}
			name := text(run, "spec", "serviceAccountName")
			if strings.Contains(name, "$(") {
				continue
			}
			if name == "" {
				r.named = run.Key(run.Field("spec"))
			}
			r.name = cmp.Or(name, defaultAccount)
			if run.Prefix == "" {
				r.namespace = run.Doc.Namespace()
				runners = append(runners, r)
				continue
			}
			seen := map[string]bool{}
			for _, a := range actors {
				if namespace := ownersNamespace(a); !seen[namespace] && stamps(a.blueprint, run) {
					seen[namespace] = true
					r.namespace = namespace
					runners = append(runners, r)
				}
			}
		}
	}
	return runners
}

// ownersNamespace is where the objects of an actor are stamped; empty stands for any.
func ownersNamespace(a actor) string {
	if a.owner == nil {
		return ""
	}
	return a.owner.Doc.Namespace()
}

func stamps(b *lint.Blueprint, run *lint.Runnable) bool {
	for _, use := range b.Uses {
		if use.Template != nil && use.Template.Object == run.Object {
			return true
		}
	}
	return false
}

// text is a field of a Runnable; empty when it is no text.
func text(run *lint.Runnable, path ...string) string {
	if run.Prefix != "" {
		path = append(strings.Split(run.Prefix, "."), path...)
	}
	value, _, _ := unstructured.NestedString(run.Doc.Object, path...)
	return value
}

// selects is the kind that a Runnable selects from; not known when it has no selector, or a tag
// in it.
func selects(run *lint.Runnable) (kind schema.GroupVersionKind, known bool) {
	version, name := text(run, "spec", "selector", "resource", "apiVersion"), text(run, "spec", "selector", "resource", "kind")
	gv, err := schema.ParseGroupVersion(version)
	return gv.WithKind(name), err == nil && version != "" && name != "" && !strings.Contains(version+name, "$(")
}

func checkRunners(p *lint.Pass, g *grants) {
	for _, r := range runnersOf(p.Set) {
		rights := g.rightsOf(r.account)
		if rights.open || len(rights.bindings) == 0 && !g.exists(r.account) {
			continue // nothing, or not everything, is known of it
		}
		if kind, known := r.template.Stamps(); known {
			n := needOf(p.Set, kind, verbsOfRuns)
			if lacking := rights.missing(n.group, n.resource, n.verbs); len(lacking) > 0 {
				f := p.Report(r.named, "service account %s may not %s %s, which %s makes for %s", r.account, strings.Join(lacking, ", "), n.qualified(), r.template, r.Words())
				g.advise(f, rights, n)
			}
		}
		if kind, known := selects(r.Runnable); known {
			n := needOf(p.Set, kind, verbsOfSelected)
			if lacking := rights.missing(n.group, n.resource, n.verbs); len(lacking) > 0 {
				f := p.Report(r.named, "service account %s may not %s %s, from which %s selects", r.account, strings.Join(lacking, ", "), n.qualified(), r.Words())
				g.advise(f, rights, n)
			}
		}
	}
}
