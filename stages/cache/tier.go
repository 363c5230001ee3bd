package cache

import "github.com/loaderline/loaderline/internal/cachetier"

// Tier holds entries below a Memory.
type Tier = cachetier.Tier
