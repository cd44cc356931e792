"""What acts of a person read and write in DynamoDB: the next version, its proof, suppressions, tokens, budgets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.adapters import items
from shared.adapters import permission_items as acts
from shared.adapters.dynamodb_ledger import DynamoLedger
from shared.domain.lead import Lead
from shared.domain.mail_budget import Budget
from shared.domain.permission_acts import Change
from shared.domain.suppression import Suppression
from shared.domain.tokens import Token


@dataclass(frozen=True, slots=True)
class DynamoPermissions(DynamoLedger):
    """Keeps the PermissionStore port, and the Ledger port too."""

    def known(self, person: str) -> Lead | None:
        return items.lead_of(self._item(items.lead_key(person)))

    def change(
        self,
        person: str,
        change: Change,
        suppress: tuple[Suppression, ...] = (),
        lift: tuple[str, ...] = (),
        link: Token | None = None,
    ) -> None:
        writes = [
            self._next(items.lead_item(person, change.lead), change.lead.version - 1),
            self._new(self.tables.leads, acts.act_item(person, change.act)),
            self._new(self.tables.ledger, items.entry_item(change.entry)),
            *self._outbox(person, change.messages, change.act["at"]),
            *(self._remembered(suppression) for suppression in suppress),
            *(self._forgotten(mark) for mark in lift),
        ]
        if link:
            writes.append(self._next(acts.token_item(link), link.version - 1))
        self._transact(writes)

    def mark(self, link: Token) -> None:
        self._transact([self._next(acts.token_item(link), link.version - 1)])

    def suppress(self, suppressions: tuple[Suppression, ...]) -> None:
        self._transact([self._remembered(suppression) for suppression in suppressions])

    def token(self, digest: str) -> Token | None:
        return acts.token_of(self._item(acts.token_key(digest)))

    def budget(self, purse: str) -> Budget:
        return acts.budget_of(self._item(acts.budget_key(purse)))

    def issue(self, token: Token, paid: Mapping[str, Budget]) -> None:
        budgets = [self._next(acts.budget_item(purse, budget), budget.version - 1) for purse, budget in paid.items()]
        self._transact(
            [
                *budgets,
                self._new(self.tables.leads, acts.token_item(token)),
                self._lives(token.person, token.lead_id),
            ]
        )

    def _remembered(self, suppression: Suppression) -> dict[str, Any]:
        return {"Put": {"TableName": self.tables.suppressions, "Item": acts.suppression_item(suppression)}}

    def _forgotten(self, mark: str) -> dict[str, Any]:
        return {"Delete": {"TableName": self.tables.suppressions, "Key": items.suppression_key(mark, "SUPP")}}
