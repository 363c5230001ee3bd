package pipelinefile

import (
	"slices"
	"strings"

	"github.com/loaderline/loaderline/internal/strictyaml"
)

// OAuth is how a bearer token is got, by the client credentials grant of OAuth 2.0. Several sections can have it: see oauthKeys.
type OAuth struct {
	TokenURL     string                       `key:"token_url"`
	ClientID     string                       `key:"client_id"`
	ClientSecret strictyaml.Secret            `key:"client_secret"`
	Scopes       []string                     `key:"scopes"`
	Params       map[string]strictyaml.Secret `key:"params"`
	Auth         ClientAuth                   `key:"auth"`
	TLS          TLS                          `key:"tls"`
}

// ClientAuth is how a client tells the token endpoint its name and secret.
type ClientAuth string

// The ways of a client.
const (
	ClientAuthBasic ClientAuth = "basic"
	ClientAuthBody  ClientAuth = "body"
)

// oauthKeys are the keys of an OAuth in a section.
func oauthKeys(section, what string) []strictyaml.Key {
	at := func(name string) string { return section + ".oauth" + name }
	return slices.Concat([]strictyaml.Key{
		{Path: at(""), Type: strictyaml.TypeSection, Doc: what + " The token is got by the client credentials grant of OAuth 2.0, and renewed before it ends. Defaults to none."},
		{Path: at(".token_url"), Type: strictyaml.TypeString, Required: true, Example: "https://login.example/oauth2/token", Pattern: `^https?://[^\s@#]+$`, PatternDoc: "a token_url begins with https:// or http:// and has no credentials and no fragment", Doc: "The token endpoint of the authorization server. Redirects are not followed, and link-local and metadata addresses are never contacted."},
		{Path: at(".client_id"), Type: strictyaml.TypeString, Required: true, Example: `"${CLIENT_ID}"`, Doc: "The client's name at the authorization server."},
		{Path: at(".client_secret"), Type: strictyaml.TypeSecret, Required: true, Example: `"${CLIENT_SECRET}"`, Doc: "The client's secret; best from the environment or a file. A file is read again for each token."},
		{Path: at(".scopes"), Type: strictyaml.TypeListOrOne, Example: "[users.read]", Doc: "What the token is for. Defaults to what the server decides."},
		{Path: at(".params"), Type: strictyaml.TypeSecrets, Doc: "Further parameters of the request for a token, such as {audience: users}."},
		{Path: at(".auth"), Type: strictyaml.TypeEnum, Default: "basic", Enum: words(ClientAuthBasic, ClientAuthBody), Doc: "How client_id and client_secret are sent: by basic authentication, or in the body."},
	}, tlsKeys(section+".oauth", "How an https token_url is trusted. Defaults to the section's own tls."))
}

// checkOAuth refuses parameters that have keys of their own, and certificates for a connection without encryption.
func (c *checker) checkOAuth(section string, o *OAuth) {
	key := section + ".oauth"
	for _, name := range []string{"grant_type", "client_id", "client_secret", "scope"} {
		if _, is := o.Params[name]; is {
			c.Fail(strictyaml.JoinKey(key+".params", name), "is set by the other keys of oauth; remove it")
		}
	}
	if o.TLS.Enabled && strings.HasPrefix(o.TokenURL, "http:") {
		c.Fail(key+".tls", "the token_url begins with http://, which is not encrypted; write https://, or remove the key")
	}
}
