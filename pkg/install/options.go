package install

import (
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Options of an installation that a cluster may do without. What was switched on stays so
// over upgrades, until it is switched off: nobody is to lose a protection by an upgrade.
type Options struct {
	// MetricsSecure has the agent serve its metrics by TLS and to those alone who may get
	// them, and gives it the rights to ask who that is.
	MetricsSecure bool
	// NetworkPolicy bounds who may reach the agent's pods, and whom they may reach.
	NetworkPolicy bool
}

// option is one of Options, with what it puts into a cluster.
type option struct {
	// name of its manifests, and of its kustomize component.
	name string
	// arg of the agent; empty when it needs none.
	arg string
	// in is the field that switches it on.
	in func(*Options) *bool
}

var optional = []option{
	{"metrics-secure", "--metrics-secure", func(o *Options) *bool { return &o.MetricsSecure }},
	{"network-policy", "", func(o *Options) *bool { return &o.NetworkPolicy }},
}

func (o option) manifest() (string, error) {
	text, err := manifests.ReadFile("manifests/optional/" + o.name + ".yaml")
	return string(text), err
}

// moreArgs are further items of the list of the agent's arguments, as YAML.
func (o Options) moreArgs() string {
	text := ""
	for _, each := range optional {
		if each.arg != "" && *each.in(&o) {
			text += "\n            - " + each.arg
		}
	}
	return text
}

var networkPolicies = schema.GroupVersionResource{Group: "networking.k8s.io", Version: "v1", Resource: "networkpolicies"}

// Options are those that are switched on for the agent of a namespace.
func (i *Installed) Options(namespace string) Options {
	if agent := i.Agent(namespace); agent != nil {
		return i.optionsOf(agent)
	}
	return Options{NetworkPolicy: slices.Contains(i.policies, namespace)}
}

func (i *Installed) optionsOf(agent *unstructured.Unstructured) Options {
	return Options{
		MetricsSecure: slices.Contains(agentArgs(agent), "--metrics-secure"),
		NetworkPolicy: slices.Contains(i.policies, agent.GetNamespace()),
	}
}

func agentArgs(deployment *unstructured.Unstructured) []string {
	args, _, _ := unstructured.NestedStringSlice(agentContainer(deployment), "args")
	return args
}
