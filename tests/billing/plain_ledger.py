"""The ledger as one would write it in plain Python: what the real one is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

FAR = datetime.max
ADJUSTED = 30
"""The priority of what is added by hand."""


class Refused(Exception):
    """The call is one that has to be refused."""


@dataclass
class PlainGrant:
    amount: int
    priority: int
    expires: datetime | None
    number: int
    remaining: int = 0
    used: int = 0
    back: int = 0
    owed: int = 0

    @property
    def turn(self) -> tuple[int, datetime, int]:
        return (self.priority, self.expires or FAR, self.number)


@dataclass
class PlainHold:
    pieces: dict[str, int]
    captured: int = 0
    parts: set[str] = field(default_factory=set)

    @property
    def open(self) -> int:
        return sum(self.pieces.values())


@dataclass
class PlainPayment:
    """Money for credits, and the parts of it that are on their way back now, in cents."""

    credits: int
    cents: int
    priority: int
    expires: datetime | None
    refunds: list[int] = field(default_factory=list)
    disputed: bool = False
    taken: int = 0
    # What was made a debt and not restored since.
    owed: int = 0
    restored: list[str] = field(default_factory=list)

    @property
    def back(self) -> int:
        return sum(self.refunds) + (self.cents if self.disputed else 0)


@dataclass
class PlainLedger:
    """One account. Times are naive; a call that does nothing returns False."""

    now: datetime
    grants: dict[str, PlainGrant] = field(default_factory=dict)
    holds: dict[str, PlainHold] = field(default_factory=dict)
    debt: int = 0
    done: set[str] = field(default_factory=set)

    @property
    def available(self) -> int:
        return sum(grant.remaining for grant in self.grants.values())

    @property
    def held(self) -> int:
        return sum(hold.open for hold in self.holds.values())

    def expire(self) -> None:
        for grant in self.grants.values():
            if grant.expires is not None and grant.expires <= self.now:
                grant.remaining = 0

    def burn(self, amount: int) -> dict[str, int]:
        pieces = {}
        for key, grant in sorted(self.grants.items(), key=lambda item: item[1].turn):
            if taken := min(amount, grant.remaining):
                grant.remaining -= taken
                pieces[key] = taken
                amount -= taken
        assert not amount
        return pieces

    def repay(self) -> None:
        for key, paid in self.burn(min(self.available, self.debt)).items():
            self.grants[key].used += paid
            self.debt -= paid

    def grant(self, key: str, amount: int, priority: int, expires: datetime | None) -> bool:
        self.expire()
        if key in self.grants:
            return False
        number = len(self.grants)
        self.grants[key] = PlainGrant(amount, priority, expires, number, remaining=amount)
        self.repay()
        return True

    def hold(self, key: str, amount: int) -> bool:
        self.expire()
        if key in self.holds:
            return False
        if amount > self.available:
            raise Refused
        self.holds[key] = PlainHold(self.burn(amount))
        for grant, piece in self.holds[key].pieces.items():
            self.grants[grant].used += piece
        return True

    def capture(self, key: str, amount: int | None = None, part: str = "") -> bool:
        self.expire()
        if key not in self.holds:
            raise Refused
        hold = self.holds[key]
        if amount is None:
            if not hold.open:
                return False
            amount = hold.open
        elif part in hold.parts:
            return False
        elif amount > hold.open:
            raise Refused
        else:
            hold.parts.add(part)
        hold.captured += amount
        for grant in sorted(hold.pieces, key=lambda name: self.grants[name].turn):
            taken = min(amount, hold.pieces[grant])
            hold.pieces[grant] -= taken
            amount -= taken
        return True

    def release(self, key: str) -> bool:
        self.expire()
        hold = self.holds.get(key)
        if hold is None or not hold.open:
            return False
        for grant, piece in hold.pieces.items():
            self.grants[grant].remaining += piece
            self.grants[grant].used -= piece
        hold.pieces = {}
        if not hold.captured:
            del self.holds[key]
        self.repay()
        self.expire()
        return True

    def claw_back(self, key: str, amount: int | None, source: str) -> bool:
        self.expire()
        if key not in self.grants:
            raise Refused
        if source in self.done:
            return False
        grant = self.grants[key]
        if amount is None:
            amount = grant.amount - grant.back
        if amount > grant.amount - grant.back:
            raise Refused
        taken = min(amount, grant.remaining)
        owed = max(min(amount - taken, grant.used), 0)
        grant.remaining -= taken
        grant.used -= owed
        grant.back += taken + owed
        grant.owed += owed
        self.debt += owed
        self.repay()
        if taken + owed:
            self.done.add(source)
        return bool(taken + owed)

    def deduct(self, amount: int, source: str) -> bool:
        self.expire()
        if source in self.done:
            return False
        if amount > self.available:
            raise Refused
        self.burn(amount)
        self.done.add(source)
        return True

    def add(self, amount: int, source: str) -> bool:
        return self.grant(source, amount, ADJUSTED, None)

    def follow(self, key: str, paid: PlainPayment) -> None:
        """Credits are there for the money that stayed, as far as their time is not over; what was
        used of them and made a debt comes back also after it."""
        self.grant(key, paid.credits, paid.priority, paid.expires)
        gone = paid.taken - sum(self.grants[one].amount for one in paid.restored)
        wanted = paid.credits * min(paid.back, paid.cents) // paid.cents
        for one in [key, *paid.restored]:
            grant = self.grants[one]
            part = min(wanted - gone, grant.amount - grant.back)
            if part > 0:
                before, owed = grant.back, grant.owed
                self.claw_back(one, part, f"{key}/{len(self.done)}")
                paid.taken += grant.back - before
                paid.owed += grant.owed - owed
                gone += part
        if wanted < gone:
            over = paid.expires is not None and paid.expires <= self.now
            amount = min(gone - wanted, paid.owed) if over else gone - wanted
            if amount:
                paid.restored.append(f"{key}/again/{len(paid.restored) + 1}")
                self.grant(paid.restored[-1], amount, paid.priority, None if over else paid.expires)
                paid.owed = max(0, paid.owed - amount)
