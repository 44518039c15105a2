package install

import (
	"fmt"
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

// option is a part of an installation that it may do without, with what it puts into a cluster.
type option struct {
	// name of its manifests, and of its kustomize component.
	name string
	// arg of the agent; empty when it needs none. A mode takes the place of the first, which
	// says how replicas share the work; others come after it.
	arg  string
	mode bool
	// on says whether a configuration has it.
	on func(*Config) bool
}

var optional = []option{
	{name: "metrics-secure", arg: "--metrics-secure", on: func(c *Config) bool { return c.MetricsSecure }},
	{name: "network-policy", on: func(c *Config) bool { return c.NetworkPolicy }},
	{name: "shards", arg: ModeShards, mode: true, on: func(c *Config) bool { return c.Shards > 0 }},
}

func (o option) manifest() (string, error) {
	text, err := manifests.ReadFile("manifests/optional/" + o.name + ".yaml")
	return string(text), err
}

// patch of the agent's Deployment that a kustomize component makes; empty when there is none.
func (o option) patch() string {
	switch {
	case o.arg == "":
		return ""
	case o.mode:
		return fmt.Sprintf(argPatch, AgentName, "replace", "0", o.arg)
	default:
		return fmt.Sprintf(argPatch, AgentName, "add", "-", o.arg)
	}
}

const argPatch = `patches:
  - target: {kind: Deployment, name: %s}
    patch: |-
      - op: %s
        path: /spec/template/spec/containers/0/args/%s
        value: %s
`

// mode is the argument that says how replicas share the work.
func (c *Config) mode() string {
	if c.Shards > 0 {
		return ModeShards
	}
	return "--leader-elect"
}

// moreArgs are the items of the list of the agent's arguments that options add, as YAML.
func (c *Config) moreArgs() string {
	text := ""
	for _, o := range optional {
		if o.arg != "" && !o.mode && o.on(c) {
			text += "\n            - " + o.arg
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
