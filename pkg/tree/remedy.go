package tree

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/carto-run/carto/pkg/api/v1alpha1"
)

// Denial is what a service account was refused.
type Denial struct {
	Namespace, Account string
	// Verb and Resource, as plural.group.
	Verb, Resource string
	// In is the namespace of the request; empty for kinds without namespaces.
	In string
}

// What is read here becomes a command that a person copies into a shell, and a message may
// quote what the author of a workload chose: only what a name can be made of is read.
var (
	denied  = regexp.MustCompile(`User "system:serviceaccount:([a-z0-9-]+):([a-z0-9.-]+)" cannot ([a-z]+) resource "([a-z0-9./-]+)" in API group "([a-z0-9.-]*)"(?: in the namespace "([a-z0-9-]+)")?`)
	account = regexp.MustCompile(`service account ([a-z0-9-]+)/([a-z0-9.-]+): `)
	unknown = regexp.MustCompile(`no matches for kind "([A-Za-z0-9]+)" in version "([A-Za-z0-9./-]+)"`)
	applied = regexp.MustCompile(`cannot apply ([A-Za-z0-9.-]+) ([a-z0-9-]+)/([A-Za-z0-9.:_-]+) for resource `)
	// The agent's words, for what it watches; otherwise those of the API server.
	foreign = []*regexp.Regexp{
		regexp.MustCompile(`exists and is controlled by (\S+) (\S+?);`),
		regexp.MustCompile(`Only one reference can have Controller set to true\. Found "true" in references for ([^\s/]+)/(\S+) and `),
	}
)

// Denied reads what the API server's words in a message say; nil when they say that
// nothing was refused. They are the same in all versions of Kubernetes with RBAC.
func Denied(message string) *Denial {
	m := denied.FindStringSubmatch(message)
	if m == nil {
		return nil
	}
	d := &Denial{Namespace: m[1], Account: m[2], Verb: m[3], Resource: m[4], In: m[6]}
	if m[5] != "" {
		d.Resource += "." + m[5]
	}
	return d
}

// UnknownKind reads which kind the cluster does not serve; empty when none.
func UnknownKind(message string) (kind, version string) {
	if m := unknown.FindStringSubmatch(message); m != nil {
		return m[1], m[2]
	}
	return "", ""
}

// Foreign is an object that belongs to somebody else.
type Foreign struct {
	// Kind, with its group unless that is the core.
	Kind, Namespace, Name string
	// By is Kind and name of the object that controls it.
	By string
}

// ForeignObject reads which object the agent would not take over; nil when none.
func ForeignObject(message string) *Foreign {
	what := applied.FindStringSubmatch(message)
	if what == nil {
		return nil
	}
	for _, words := range foreign {
		if m := words.FindStringSubmatch(message); m != nil {
			return &Foreign{Kind: what[1], Namespace: what[2], Name: what[3], By: m[1] + " " + m[2]}
		}
	}
	return nil
}

// remedy is the command that helps with a cause that is not in an object; otherwise show.
func (c *RootCause) remedy(t *Tree, s *Step, show string) string {
	switch c.Reason {
	case v1alpha1.ReasonSupplyChainNotFound, v1alpha1.ReasonMultipleSupplyChainMatches, v1alpha1.ReasonWorkloadLabelsMissing:
		return Program + " supplychain list -o wide"
	case v1alpha1.ReasonDeliveryNotFound, v1alpha1.ReasonMultipleDeliveryMatches, v1alpha1.ReasonDeliverableLabelsMissing:
		return Program + " delivery list -o wide"
	case v1alpha1.ReasonTemplatesNotFound:
		if b := t.Blueprint; b != nil && b.Kind == v1alpha1.KindClusterDelivery {
			return Program + " delivery get " + b.Name
		} else if b != nil {
			return Program + " supplychain get " + b.Name
		}
	case v1alpha1.ReasonRunTemplateNotFound:
		return "kubectl get clusterruntemplates." + v1alpha1.Group
	case v1alpha1.ReasonServiceAccountError:
		if m := account.FindStringSubmatch(c.Message); m != nil {
			return fmt.Sprintf("kubectl create serviceaccount %s -n %s", m[2], m[1])
		}
	case v1alpha1.ReasonServiceAccountTokenError:
		return Program + " install"
	case v1alpha1.ReasonTemplateObjectRetrievalFailure:
		if s != nil && s.Template != nil {
			return fmt.Sprintf("kubectl get %ss.%s", strings.ToLower(s.Template.Kind), v1alpha1.Group)
		}
	case v1alpha1.ReasonTemplateStampFailure:
		if s != nil && s.Template != nil {
			return fmt.Sprintf("kubectl get %s.%s %s -o yaml", strings.ToLower(s.Template.Kind), v1alpha1.Group, s.Template.Name)
		}
	case v1alpha1.ReasonTemplateOptionsMatchError, v1alpha1.ReasonResolveTemplateOptionsError:
		return fmt.Sprintf("kubectl get %s %s -n %s --show-labels", t.Owner.Resource, t.Owner.Name, t.Owner.Namespace)
	}
	if d := Denied(c.Message); d != nil && d.In != "" {
		// Server-side apply asks for create and patch; delete is for objects of steps
		// that are gone, get and list for runs.
		// Each resource has a role of its own: the next one that is refused needs another.
		plural, _, _ := strings.Cut(d.Resource, ".")
		role := "carto-" + d.Account + "-" + plural
		return fmt.Sprintf("kubectl create role %[1]s --verb=get,list,create,patch,delete --resource=%[2]s -n %[3]s && kubectl create rolebinding %[1]s --role=%[1]s --serviceaccount=%[4]s:%[5]s -n %[3]s",
			role, d.Resource, d.In, d.Namespace, d.Account)
	}
	if _, version := UnknownKind(c.Message); version != "" {
		group, _, named := strings.Cut(version, "/")
		if !named {
			group = `""`
		}
		return "kubectl api-resources --api-group=" + group
	}
	if f := ForeignObject(c.Message); f != nil {
		return fmt.Sprintf("kubectl get %s %s -n %s -o yaml", strings.ToLower(f.Kind), f.Name, f.Namespace)
	}
	return show
}

// look is the command that shows most of an object; empty when there is nothing to see.
func look(l Link) string {
	switch {
	case l.Ready.Reason == "Missing":
		return ""
	case l.Container != "" && l.Ready.Reason == "CrashLoopBackOff":
		return fmt.Sprintf("kubectl logs %s -c %s -n %s --previous", l.Name, l.Container, l.Namespace)
	case l.Container != "" && strings.Contains(l.Ready.Message, "exit code"):
		return fmt.Sprintf("kubectl logs %s -c %s -n %s", l.Name, l.Container, l.Namespace)
	case l.Ready.Reason == reasonFailedCreate && strings.Contains(l.Ready.Message, "quota"):
		return "kubectl describe resourcequotas -n " + l.Namespace
	}
	if l.APIVersion == v1alpha1.GroupVersion.String() {
		return explain(l.Ref)
	}
	return describe(l.Ref)
}

// explain is the command for an owner.
func explain(ref Ref) string {
	return fmt.Sprintf(Program+" why %s/%s -n %s", strings.ToLower(ref.Kind), ref.Name, ref.Namespace)
}

// describe is the command for an object of which nothing more is known.
func describe(ref Ref) string {
	resource := ref.Resource
	if resource == "" {
		resource = strings.ToLower(ref.Kind)
		if group, _, ok := strings.Cut(ref.APIVersion, "/"); ok {
			resource += "." + group
		}
	}
	command := fmt.Sprintf("kubectl describe %s %s", resource, ref.Name)
	if ref.Namespace != "" {
		command += " -n " + ref.Namespace
	}
	return command
}
