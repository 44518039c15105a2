package spec

import (
	"github.com/spf13/pflag"
)

// RegistryFlags say how to talk to the registry of --source-image.
type RegistryFlags struct {
	CACerts                   []string
	Username, Password, Token string
}

const registryPrefix = "registry-"

func (r *RegistryFlags) addTo(flags *pflag.FlagSet) {
	flags.StringArrayVar(&r.CACerts, registryPrefix+"ca-cert", nil, "File with a CA certificate (ca-cert) of the registry in PEM, in addition to those of the system. Repeatable. Environment: CARTO_REGISTRY_CA_CERT.")
	flags.StringVar(&r.Username, registryPrefix+"username", "", "Username at the registry; without it the docker configuration is used. Environment: CARTO_REGISTRY_USERNAME.")
	flags.StringVar(&r.Password, registryPrefix+"password", "", "Password at the registry. Environment: CARTO_REGISTRY_PASSWORD, which stays out of the list of processes.")
	flags.StringVar(&r.Token, registryPrefix+"token", "", "Bearer token for the registry. Environment: CARTO_REGISTRY_TOKEN.")
}

// fromEnvironment fills in what no flag gives. The names with TANZU_APPS_ are those that
// people have in their scripts.
func (r *RegistryFlags) fromEnvironment(getenv func(string) string) {
	env := func(name string) string {
		if v := getenv("CARTO_REGISTRY_" + name); v != "" {
			return v
		}
		return getenv("TANZU_APPS_REGISTRY_" + name)
	}
	if len(r.CACerts) == 0 {
		if v := env("CA_CERT"); v != "" {
			r.CACerts = []string{v}
		}
	}
	// One kind of credentials at a time: a token by flag is not mixed with a user from
	// the environment.
	if r.Username == "" && r.Password == "" && r.Token == "" {
		if r.Token = env("TOKEN"); r.Token == "" {
			r.Username, r.Password = env("USERNAME"), env("PASSWORD")
		}
		return
	}
	if r.Token == "" && r.Username == "" {
		r.Username = env("USERNAME")
	}
	if r.Token == "" && r.Password == "" {
		r.Password = env("PASSWORD")
	}
}
