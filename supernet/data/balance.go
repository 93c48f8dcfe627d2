package data

// classOrder shows the pictures of every class equally often. A pass over the set is cut into as many parts
// as there are classes with pictures; each class fills its part with its own pictures in a random order, and
// goes on in the next pass where it stopped. So over time no picture of a class is shown more than once more
// often than another, and what is at a position of a pass is a function of (seed, pass, position): nothing has
// to be saved.
type classOrder struct {
	members [][]int // pictures of each class that has any, in stored order
	part    int     // positions of a class in a pass
}

func newClassOrder(s *Set) *classOrder {
	o := &classOrder{}
	for _, m := range s.byClass() {
		if len(m) > 0 {
			o.members = append(o.members, m)
		}
	}
	o.part = (s.Len() + len(o.members) - 1) / len(o.members)
	return o
}

// pass returns the order in which the positions of an epoch are shown.
func (o *classOrder) pass(seed uint64, epoch int) order {
	return newOrder(seed, epoch, o.part*len(o.members))
}

// at returns the picture at position p of an epoch, before shuffling, and how often it has been shown before.
func (o *classOrder) at(seed uint64, epoch, p int) (picture, before int) {
	class, rank := p%len(o.members), p/len(o.members)
	m := o.members[class]
	shown := epoch*o.part + rank // pictures of the class
	round := newOrder(streamKey(seed, forBalance, uint64(class), 0), shown/len(m), len(m))
	return m[round.at(shown%len(m))], shown / len(m)
}
