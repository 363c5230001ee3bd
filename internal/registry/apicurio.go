package registry

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strconv"

	"github.com/twmb/franz-go/pkg/sr"

	"github.com/loaderline/loaderline/internal/format/schemaid"
)

// apicurioPath is the path at which Apicurio has Confluent's API. Its own is beside it.
var apicurioPath = regexp.MustCompile(`/apis/ccompat/v\d+/?$`)

// apicurioOwn leads from Confluent's API to Apicurio's own.
const apicurioOwn = "/../../registry/v2"

// The bounds of a search among the versions of an artifact.
const (
	versionsPerPage = 500
	maxVersionPages = 20
)

// isApicurio reports whether all URLs are those of Apicurio.
func (c *Client) isApicurio() bool {
	for _, e := range c.endpoints {
		if !apicurioPath.MatchString(e.url.Path) {
			return false
		}
	}
	return true
}

// contentID returns the ID of Confluent's API for a global ID. Apicurio tells the artifact of a global ID, and the content ID of each
// version of an artifact. If there is none, the error is ErrUnknownSchema.
func (c *Client) contentID(ctx context.Context, global schemaid.ID) (schemaid.ID, error) {
	var found struct {
		Artifacts []struct {
			Group string `json:"groupId"`
			ID    string `json:"id"`
		} `json:"artifacts"`
	}
	search := request{method: http.MethodGet, path: apicurioOwn + "/search/artifacts", params: sr.RawParams(url.Values{"globalId": {global.Text()}})}
	if err := c.do(ctx, search, &found); err != nil {
		return schemaid.ID{}, err
	}
	for _, a := range found.Artifacts {
		if a.Group == "" {
			a.Group = "default"
		}
		path := apicurioOwn + "/groups/" + url.PathEscape(a.Group) + "/artifacts/" + url.PathEscape(a.ID) + "/versions"
		id, err := c.contentIDOfVersion(ctx, path, global)
		if err != nil || id.Kind() != schemaid.None {
			return id, err
		}
	}
	return schemaid.ID{}, classified(&registryError{kind: ErrUnknownSchema, message: "the registry has no artifact of this global ID"})
}

// contentIDOfVersion returns the content ID of the version with a global ID, or the zero ID.
func (c *Client) contentIDOfVersion(ctx context.Context, path string, global schemaid.ID) (schemaid.ID, error) {
	for page := range maxVersionPages {
		var list struct {
			Versions []struct {
				GlobalID  uint64 `json:"globalId"`
				ContentID uint64 `json:"contentId"`
			} `json:"versions"`
		}
		params := url.Values{"limit": {strconv.Itoa(versionsPerPage)}, "offset": {strconv.Itoa(page * versionsPerPage)}}
		if err := c.do(ctx, request{method: http.MethodGet, path: path, params: sr.RawParams(params)}, &list); err != nil {
			return schemaid.ID{}, err
		}
		for _, v := range list.Versions {
			if schemaid.OfGlobal(v.GlobalID) == global {
				return schemaid.OfNumber(v.ContentID), nil
			}
		}
		if len(list.Versions) < versionsPerPage {
			break
		}
	}
	return schemaid.ID{}, nil
}
