package main

import (
	"os"
	_ "time/tzdata" // time zones of CronJobs, on machines without a zone database

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

// The components, by the name under which the binary runs them.
const (
	etcdName              = "etcd"
	apiServerName         = "kube-apiserver"
	controllerManagerName = "kube-controller-manager"
	schedulerName         = "kube-scheduler"
)

// runRole turns this process into one component if its first argument names one, and then never returns. The components are
// the upstream programs with their upstream flags, so that whatever they log or refuse can be looked up in their own
// documentation.
func runRole(args []string) {
	if len(args) < 2 {
		return
	}
	var component func() *cobra.Command
	switch args[1] {
	case etcdName:
		etcdmain.Main(args[1:])
		os.Exit(0)
	case apiServerName:
		component = apiserver.NewAPIServerCommand
	case controllerManagerName:
		component = controllermanager.NewControllerManagerCommand
	case schedulerName:
		component = func() *cobra.Command { return scheduler.NewSchedulerCommand() }
	default:
		return
	}
	os.Args = args[1:] // the commands parse os.Args by themselves
	os.Exit(cli.Run(component()))
}
