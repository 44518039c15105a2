package param

import (
	"strings"
	"testing"

	"github.com/carto-run/carto/pkg/lint"
	"github.com/carto-run/carto/pkg/lint/linttest"
)

// chain with its own params, and steps with theirs, each a flow sequence; the steps use the
// templates t1, t2 and so on.
func chain(params string, steps ...string) string {
	s := "---\napiVersion: carto.run/v1alpha1\nkind: ClusterSupplyChain\nmetadata: {name: web}\nspec:\n  selector: {type: web}\n  params: " + params + "\n  resources:\n"
	for i, params := range steps {
		n := string(rune('1' + i))
		s += "  - {name: s" + n + ", templateRef: {kind: ClusterTemplate, name: t" + n + "}, params: " + params + "}\n"
	}
	return s
}

// template with params, whose body reads a text.
func template(name, params, reads string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: " + name + "}\nspec:\n  params: " + params +
		"\n  template: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {a: \"" + reads + "\"}}\n"
}

// ytt is the same with a body in ytt.
func ytt(name, params, body string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: ClusterTemplate\nmetadata: {name: " + name + "}\nspec:\n  params: " + params +
		"\n  ytt: |\n    #@ load(\"@ytt:data\", \"data\")\n    apiVersion: v1\n    kind: ConfigMap\n    metadata: {name: x}\n    " + strings.ReplaceAll(body, "\n", "\n    ") + "\n"
}

func owner(name, params string) string {
	return "---\napiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: " + name + ", labels: {type: web}}\nspec: {params: " + params + "}\n"
}

func TestUndeclared(t *testing.T) {
	t.Parallel()
	linttest.Try(t, undeclared, []linttest.Case{
		{Reason: "the template has a default", Text: chain("[]", "[]") + template("t1", "[{name: a, default: b}]", "$(params.a)$")},
		{Reason: "a default of null is one", Text: chain("[]", "[]") + template("t1", "[{name: a, default: null}]", "$(params.a)$")},
		{Reason: "the step has a value", Text: chain("[]", "[{name: a, value: b}]") + template("t1", "[]", "$(params.a)$")},
		{Reason: "another step has", Text: chain("[]", "[]", "[{name: a, value: b}]") + template("t1", "[]", "$(params.a)$"), Want: []string{`17 error param "a" is read, but neither ClusterTemplate/t1 nor step s1 nor ClusterSupplyChain/web declares it`}},
		{Reason: "an entry without a value declares nothing", Text: chain("[{name: a}]", "[]") + template("t1", "[]", "$(params.a)$"), Want: []string{"16 error"}},
		{Reason: "nobody uses the template, so nobody knows", Text: template("t1", "[]", "$(params.a)$")},
		{Reason: "an owner supplies it", Text: chain("[]", "[]") + template("t1", "[]", "$(params.a)$") + owner("cart", "[{name: a, value: b}]"), Want: []string{"16 info"}},
		{Reason: "an owner that goes elsewhere does not", Text: chain("[]", "[]") + template("t1", "[]", "$(params.a)$") + strings.Replace(owner("cart", "[{name: a, value: b}]"), "type: web", "type: job", 1), Want: []string{"16 error"}},
		{Reason: "once for each param", Text: chain("[]", "[]") + template("t1", "[]", "$(params.a)$ $(params.a)$ $(params.b)$"), Want: []string{"16 error", "16 error"}},
		{Reason: "ytt that looks first", Text: chain("[]", "[]") + ytt("t1", "[]", "#@ if hasattr(data.values.params, \"a\"):\ndata: {a: #@ data.values.params.a\n}")},
		{Reason: "all params at once", Text: chain("[]", "[]") + template("t1", "[]", "$(params)$")},
		{Reason: "the dot in the name is the fault", Text: chain("[{name: a.b, value: c}]", "[]") + template("t1", "[]", "$(params.a.b)$")},
	})
}

func TestUnread(t *testing.T) {
	t.Parallel()
	linttest.Try(t, unreadOfBlueprint, []linttest.Case{
		{Reason: "a part of it is read", Text: chain("[{name: a, value: {b: c}}]", "[]") + template("t1", "[]", "$(params.a.b)$")},
		{Reason: "one of the templates is not among the files", Text: chain("[{name: a, value: b}]", "[]", "[]") + template("t1", "[]", "x")},
		{Reason: "ytt may read any", Text: chain("[{name: a, value: b}]", "[]") + ytt("t1", "[]", "data: {a: #@ data.values.params[data.values.workload.metadata.name]\n}")},
		{Reason: "ytt that can not be understood", Text: chain("[{name: a, value: b}]", "[]") + ytt("t1", "[]", "data: #@ (")},
		{Reason: "the template declares it: the fault is there", Text: chain("[{name: a, value: b}]", "[]") + template("t1", "[{name: a, default: c}]", "x")},
		{Reason: "a step supplies what only another reads", Text: chain("[]", "[{name: a, value: b}]", "[]") + template("t1", "[]", "x") + template("t2", "[]", "$(params.a)$"),
			Want: []string{`9 warning step s1 supplies the param "a", which none of its templates reads`}},
		{Reason: "no steps at all", Text: chain("[{name: a, value: b}]") + template("t1", "[]", "x")},
	})
	linttest.Try(t, unreadDefault, []linttest.Case{
		{Reason: "nobody reads it", Text: template("t1", "[{name: a, default: b}]", "x"), Want: []string{"6 warning"}},
		{Reason: "a slip, of which PAR001 tells", Text: chain("[]", "[]") + template("t1", "[{name: subpth, default: b}]", "$(params.subpath)$")},
		{Reason: "a slip for which the blueprint has a value, so PAR001 is silent", Text: chain("[{name: subpath, value: a}]", "[]") + template("t1", "[{name: subpth, default: b}]", "$(params.subpath)$"), Want: []string{"15 warning"}},
		{Reason: "a slip of which PAR001 only informs", Text: chain("[]", "[]") + template("t1", "[{name: subpth, default: b}]", "$(params.subpath)$") + owner("cart", "[{name: subpath, value: b}]"), Want: []string{"15 warning"}},
		{Reason: "ytt reads it", Text: ytt("t1", "[{name: a, default: b}]", "data: {a: #@ data.values.params.a\n}")},
		{Reason: "ytt reads all", Text: ytt("t1", "[{name: a, default: b}]", "data: #@ data.values.params")},
		{Reason: "a tag in a key is no read", Text: strings.Replace(template("t1", "[{name: a, default: b}]", "x"), "{a:", "{$(params.a)$:", 1), Want: []string{"6 warning"}},
	})
	linttest.Try(t, required, []linttest.Case{
		{Reason: "a slip, of which PAR001 tells", Text: chain("[]", "[]") + template("t1", "[{name: subpth, default: b}]", "$(params.subpath)$ $(params.port)$"), Want: []string{"4 info owners of ClusterSupplyChain/web have to supply the params port"}},
		{Reason: "nothing but a slip", Text: chain("[]", "[]") + template("t1", "[{name: subpth, default: b}]", "$(params.subpath)$")},
	})
	linttest.Try(t, unreadOfOwner, []linttest.Case{
		{Reason: "a slip", Text: chain("[]", "[]") + template("t1", "[{name: port, default: 1}]", "$(params.port)$") + owner("cart", "[{name: prot, value: 2}]"), Want: []string{`21 warning the param "prot" has no effect`}},
		{Reason: "an option that is not chosen reads it", Text: strings.Replace(chain("[]", "[]"), "name: t1", `options: [{name: t1, selector: {matchLabels: {type: web}}}, {name: t2, selector: {matchLabels: {type: job}}}]`, 1) +
			template("t1", "[]", "x") + template("t2", "[]", "$(params.a)$") + owner("cart", "[{name: a, value: b}]")},
		{Reason: "no blueprint takes the owner", Text: template("t1", "[]", "x") + owner("cart", "[{name: a, value: b}]")},
		{Reason: "a template is not among the files", Text: chain("[]", "[]") + owner("cart", "[{name: a, value: b}]")},
	})
}

func TestLevels(t *testing.T) {
	t.Parallel()
	reads := template("t1", "[]", "$(params.a)$")
	linttest.Try(t, ignored, []linttest.Case{
		{Reason: "a default gives way", Text: chain("[{name: a, default: b}]", "[]") + reads + owner("cart", "[{name: a, value: c}]")},
		{Reason: "a value does not", Text: chain("[{name: a, value: b}]", "[]") + reads + owner("cart", "[{name: a, value: c}]"), Want: []string{`21 warning the param "a" is ignored`}},
		{Reason: "the step opens it again", Text: chain("[{name: a, value: b}]", "[{name: a, default: d}]") + reads + owner("cart", "[{name: a, value: c}]")},
		{Reason: "one of two steps uses it", Text: chain("[{name: a, default: b}]", "[{name: a, value: d}]", "[]") + reads + template("t2", "[]", "$(params.a)$") + owner("cart", "[{name: a, value: c}]")},
		{Reason: "the only step that reads it fixes it", Text: chain("[{name: a, default: b}]", "[{name: a, value: d}]", "[]") + reads + template("t2", "[]", "x") + owner("cart", "[{name: a, value: c}]"), Want: []string{"29 warning"}},
		{Reason: "fixed for a template that is not there", Text: chain("[{name: a, value: b}]", "[]") + owner("cart", "[{name: a, value: c}]"), Want: []string{"14 warning"}},
		{Reason: "nobody reads it, which is said elsewhere", Text: chain("[{name: a, value: b}]", "[]") + template("t1", "[]", "x") + owner("cart", "[{name: a, value: c}]")},
	})
	linttest.Try(t, mismatch, []linttest.Case{
		{Reason: "a number for a text is a text in the end", Text: chain("[{name: a, value: 1}]", "[]") + template("t1", "[{name: a, default: b}]", "$(params.a)$")},
		{Reason: "an empty text is none", Text: chain("[{name: a, value: {b: c}}]", "[]") + template("t1", `[{name: a, default: ""}]`, "$(params.a)$")},
		{Reason: "so is null", Text: chain("[{name: a, value: [b]}]", "[]") + template("t1", `[{name: a, default: null}]`, "$(params.a)$")},
		{Reason: "a list for an object", Text: chain("[]", "[{name: a, value: [b]}]") + template("t1", "[{name: a, default: {b: c}}]", "$(params.a)$"),
			Want: []string{`9 warning step s1 gives the param "a" a list, where ClusterTemplate/t1 has an object`}},
		{Reason: "the step takes its place", Text: chain("[{name: a, value: [b]}]", "[{name: a, value: b}]") + template("t1", "[{name: a, default: c}]", "$(params.a)$")},
		{Reason: "the owner's", Text: chain("[]", "[]") + template("t1", "[{name: a, default: c}]", "$(params.a)$") + owner("cart", "[{name: a, value: {b: c}}]"), Want: []string{"21 warning the owner"}},
		{Reason: "the owner's is ignored", Text: chain("[{name: a, value: b}]", "[]") + template("t1", "[{name: a, default: c}]", "$(params.a)$") + owner("cart", "[{name: a, value: {b: c}}]")},
	})
	linttest.Try(t, shadowed, []linttest.Case{
		{Reason: "a lock that is lost", Text: chain("[{name: a, value: b}]", "[{name: a, default: c}]"), Want: []string{`9 info the param "a" of step s1 takes the place of that of ClusterSupplyChain/web`}},
		{Reason: "without a value it does not", Text: chain("[{name: a, value: b}]", "[{name: a}]")},
	})
	linttest.Try(t, duplicate, []linttest.Case{
		{Reason: "in every list", Text: chain("[{name: a, value: b}, {name: a, value: b}]", "[{name: a, value: b}, {name: a, value: b}]") + template("t1", "[{name: a, default: b}, {name: a, default: b}]", "x") + owner("cart", "[{name: a, value: b}, {name: a, value: b}]"),
			Want: []string{"7 error", "9 error", "15 error", "21 error"}},
		{Reason: "in different lists it is no fault", Text: chain("[{name: a, value: b}]", "[{name: a, value: b}]")},
	})
	linttest.Try(t, unaddressable, []linttest.Case{
		{Reason: "a backslash reaches it", Text: template("t1", "[{name: a.b, default: c}]", `$(params.a\\.b)$`)},
		{Reason: "ytt reaches it", Text: ytt("t1", "[{name: a.b, default: c}]", `data: {a: #@ data.values.params["a.b"]`+"\n}")},
		{Reason: "dashes are no fault", Text: template("t1", "[{name: a-b, default: c}]", "x")},
		{Reason: "nobody reaches it", Text: template("t1", "[{name: a.b, default: c}]", "$(params.a.b)$"), Want: []string{`6 warning "a.b" can not be read by $(params.a.b)$`}},
	})
	linttest.Try(t, required, []linttest.Case{
		{Reason: "two", Text: chain("[]", "[]") + template("t1", "[]", "$(params.a)$ $(params.b)$"), Want: []string{"4 info owners of ClusterSupplyChain/web have to supply the params a, b"}},
		{Reason: "none", Text: chain("[]", "[]") + template("t1", "[]", "x"), Options: lint.Options{}},
	})
}
