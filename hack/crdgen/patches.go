package main

import (
	"slices"
	"strconv"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
	"github.com/carto-run/carto/pkg/quantity"
)

// patchesByPlural is everything that crdgen changes. The ids are those of the rules of
// admission (spec: api §11).
func patchesByPlural() map[string][]patch {
	patches := map[string][]patch{
		"clustersupplychains": blueprint(supplyChainKinds, selectable(v1alpha1.SelectableInWorkloads)),
		"clusterdeliveries":   blueprint(deliveryKinds, selectable(v1alpha1.SelectableInDeliverables)),
		"clusterruntemplates": {{"spec.template", runBody}},
		"workloads": {
			{"spec.resources.limits{}", amount},
			{"spec.resources.requests{}", amount},
			{"spec.env[].valueFrom.resourceFieldRef.divisor", amount},
			{"spec.build.env[].valueFrom.resourceFieldRef.divisor", amount},
		},
	}
	for _, plural := range []string{
		"clustersourcetemplates", "clusterimagetemplates", "clusterconfigtemplates",
		"clusterdeploymenttemplates", "clustertemplates",
	} {
		patches[plural] = []patch{{"spec.template", body}}
	}
	return patches
}

// Kinds of templates by blueprint.
var (
	supplyChainKinds = []any{"ClusterSourceTemplate", "ClusterImageTemplate", "ClusterConfigTemplate", "ClusterTemplate"}
	deliveryKinds    = []any{"ClusterSourceTemplate", "ClusterDeploymentTemplate", "ClusterConfigTemplate", "ClusterTemplate"}
)

// blueprint patches a ClusterSupplyChain or a ClusterDelivery.
func blueprint(kinds []any, fields selectable) []patch {
	const selector = "spec.resources[].templateRef.options[].selector."
	return []patch{
		{"spec.resources[].templateRef.kind", object{"enum": kinds}},
		{"spec.params[]", exactlyOneValue},
		{"spec.resources[].params[]", exactlyOneValue},

		{"spec.selector", labelKeys},
		{"spec.selector{}", labelValue},
		{"spec.selectorMatchExpressions[]", labelRequirement},
		{"spec.selectorMatchFields[]", fields.requirement()},

		{selector + "matchLabels", object{"maxProperties": 16}},
		{selector + "matchLabels", labelKeys},
		{selector + "matchLabels{}", labelValue},
		{selector + "matchExpressions", object{"maxItems": 16}},
		{selector + "matchExpressions[]", labelRequirement},
		{selector + "matchFields[]", fields.requirement()},
	}
}

// exactlyOneValue is V-PRM-1. CEL does not see fields of any type, so this is a plain
// schema. The API server drops a null before it validates, so null counts as unset (A9).
var exactlyOneValue = object{"oneOf": []any{
	object{"required": []any{"value"}},
	object{"required": []any{"default"}},
}}

// V-SEL-2: what metav1.LabelSelectorAsSelector demands. Patterns cost nothing at admission;
// CEL would exceed its limits for lists within lists within lists.
const (
	labelKeyPattern   = `^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$`
	labelValuePattern = `^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$`
)

var (
	labelValue = object{"maxLength": 63, "pattern": labelValuePattern}
	labelKeys  = object{"x-kubernetes-validations": []any{object{
		"rule":    "self.all(key, key.matches('" + strings.ReplaceAll(labelKeyPattern, `\`, `\\`) + "'))",
		"message": "labels must have valid keys",
		"messageExpression": "'not a valid label key: ' + self.map(key, !key.matches('" +
			strings.ReplaceAll(labelKeyPattern, `\`, `\\`) + "'), key)[0]",
	}}}
	labelRequirement = object{
		"properties": object{
			"key":      object{"maxLength": 317, "pattern": labelKeyPattern},
			"operator": object{"enum": []any{"In", "NotIn", "Exists", "DoesNotExist"}},
			"values":   object{"maxItems": 64, "items": labelValue},
		},
		"x-kubernetes-validations": []any{valuesRule},
	}
)

// valuesRule is V-SEL-3 and V-SEL-4. V-SEL-5 is the enum of operators.
var valuesRule = object{
	"rule":    "(self.operator == 'In' || self.operator == 'NotIn') == (has(self.values) && self.values.size() > 0)",
	"message": "operators In and NotIn need values, Exists and DoesNotExist must have none",
	"messageExpression": "self.operator == 'In' || self.operator == 'NotIn'" +
		" ? 'key ' + self.key + ': operator ' + self.operator + ' needs at least one of values'" +
		" : 'key ' + self.key + ': operator ' + self.operator + ' must not have values'",
}

// selectable are the fields of an owner by which blueprints and options may select.
type selectable v1alpha1.SelectablePaths

// requirement is V-SEL-3 to V-SEL-7 for one field requirement.
func (s selectable) requirement() object {
	return object{
		// Bounds for the cost of the rules; requirements of health rules have neither.
		"properties":               object{"key": object{"maxLength": 256}, "values": object{"maxItems": 64}},
		"x-kubernetes-validations": []any{valuesRule, s.pathRule(), bracketsRule},
	}
}

// pathRule is V-SEL-6 with a boundary after a prefix (A5). It first takes off one leading
// dot and the name of the owner. The comparisons are written out, because a loop over the
// prefixes would cost too much in the options of a large blueprint.
func (s selectable) pathRule() object {
	known := make([]string, 0, len(s.Exact)+len(s.Prefixes))
	for _, path := range slices.Concat(s.Exact, s.Prefixes) {
		known = append(known, "'"+path+"'")
	}
	rule := "[self.key.substring(self.key.startsWith('." + s.Owner + ".') ? " + length("."+s.Owner+".") +
		" : self.key.startsWith('" + s.Owner + ".') ? " + length(s.Owner+".") +
		" : self.key.startsWith('.') ? 1 : 0)].exists(key, key in [" + strings.Join(known, ", ") + "]"
	for _, prefix := range s.Prefixes {
		rule += " || key.startsWith('" + prefix + ".') || key.startsWith('" + prefix + "[')"
	}
	return object{
		"rule":    rule + ")",
		"message": "key is not a path that can be selected by",
		"messageExpression": "'key ' + self.key + ' can not be selected by: use " + strings.Join(s.Exact, ", ") +
			", or a path that begins with " + strings.Join(s.Prefixes, ", ") + "'",
	}
}

// bracketsRule is the part of V-SEL-7 that CEL can afford (A6): a key that breaks off
// within brackets is no JSONPath, and would disturb the selection for every owner.
var bracketsRule = object{
	"rule":              "self.key.lastIndexOf('[') <= self.key.lastIndexOf(']')",
	"message":           "key is not a JSONPath: a bracket is not closed",
	"messageExpression": "'key ' + self.key + ' is not a JSONPath: a bracket is not closed'",
}

// amount is a quantity that can be read. The pattern that controller-gen writes lets exponents
// pass that have a fraction, or so many digits that to read them takes all memory.
var amount = object{"maxLength": quantity.MaxLength, "pattern": quantity.Pattern}

// The body of a template is any object. Only what admission reads is declared: kind, for
// the CEL rule V-TPL-2 on the Go type, and metadata.namespace. Metadata has no type, because
// a template may write all of it as one tag.
var (
	body = object{"properties": object{
		"kind": object{
			"type":        "string",
			"description": "Kind of the stamped object.",
		},
		"metadata": object{
			"description":                          "Metadata of the stamped object.",
			"x-kubernetes-preserve-unknown-fields": true,
			"properties": object{
				// V-TPL-3.
				"namespace": object{
					"description":                          "Namespace must be absent or empty: objects are stamped into the namespace of their owner.",
					"x-kubernetes-preserve-unknown-fields": true,
					"enum":                                 []any{""},
				},
			},
		},
	}}
	runBody = object{
		"properties": object{
			"kind":     body["properties"].(object)["kind"],
			"metadata": body["properties"].(object)["metadata"],
			"spec": object{
				"description":                          "Spec of the run.",
				"x-kubernetes-preserve-unknown-fields": true,
			},
		},
		// V-RT-1.
		"required": []any{"spec"},
	}
)

func length(s string) string { return strconv.Itoa(len(s)) }
