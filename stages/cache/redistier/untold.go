package redistier

// maxUntold is how many keys are noted while Redis is away. Of a space with more, all keys are invalidated instead.
const maxUntold = 100_000

// untold are the invalidations that Redis has not heard of. Its zero value is none.
type untold struct {
	everything bool // and the positions
	spaces     map[string]untoldSpace
	keys       int // noted in all spaces
}

// untoldSpace is all keys of a space where it is nil.
type untoldSpace map[string]struct{}

func (u *untold) empty() bool { return !u.everything && len(u.spaces) == 0 }

func (u *untold) addKeys(space string, keys ...string) {
	noted, known := u.spaces[space]
	if u.everything || known && noted == nil || len(keys) == 0 {
		return
	}
	if noted == nil {
		noted = untoldSpace{}
	}
	before := len(noted)
	for _, key := range keys {
		if u.keys+len(noted)-before >= maxUntold {
			u.keys -= before
			u.note(space, nil)
			return
		}
		noted[key] = struct{}{}
	}
	u.keys += len(noted) - before
	u.note(space, noted)
}

func (u *untold) addSpace(space string) {
	if u.everything {
		return
	}
	u.keys -= len(u.spaces[space])
	u.note(space, nil)
}

func (u *untold) addEverything() { *u = untold{everything: true} }

func (u *untold) note(space string, keys untoldSpace) {
	if u.spaces == nil {
		u.spaces = map[string]untoldSpace{}
	}
	u.spaces[space] = keys
}

// add notes all of others.
func (u *untold) add(others untold) {
	if others.everything {
		u.addEverything()
	}
	for space, keys := range others.spaces {
		if keys == nil {
			u.addSpace(space)
		}
		for key := range keys {
			u.addKeys(space, key)
		}
	}
}
