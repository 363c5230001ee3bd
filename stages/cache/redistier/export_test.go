package redistier

import (
	"time"

	"github.com/loaderline/loaderline/internal/cachetier"
)

// Tier is what Open seals.
type Tier = tier

var (
	// OpenTier is Open, but does not seal the tier.
	OpenTier = open
	// ErrAway is the error of what cannot be done while Redis is away.
	ErrAway = errAway
)

// MaxUntold is how many keys are noted while Redis is away.
const MaxUntold = maxUntold

// SetGrace says how long tombstones live, before anything else is done with the Tier.
func (t *tier) SetGrace(d time.Duration) { t.grace = d }

// Encode and Decode are what turns entries into what Redis holds, and back.
func Encode(e cachetier.Entry, began int64) ([]byte, bool)         { return encode(e, began) }
func Decode(text string) (e cachetier.Entry, began int64, ok bool) { return decode(text) }
