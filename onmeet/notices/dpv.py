"""The terms of the Data Privacy Vocabulary that a notice may use, and a notice as a JSON-LD document.

The vocabulary is that of the W3C Community Group, version 2.3: https://w3id.org/dpv. A test compares every
term used here with the published ones.
"""

from __future__ import annotations

__all__ = ["LEGAL_BASES", "PURPOSES", "VERSION"]

VERSION = "2.3"

PURPOSES: tuple[str, ...] = (
    "AccountManagement",
    "CommunicationForCustomerCare",
    "CommunicationManagement",
    "CustomerCare",
    "DirectMarketing",
    "EnforceSecurity",
    "EstablishContractualAgreement",
    "FulfilmentOfContractualObligation",
    "IdentityAuthentication",
    "IncreaseServiceRobustness",
    "InternalResourceOptimisation",
    "LegalCompliance",
    "MisusePreventionAndDetection",
    "PaymentManagement",
    "PublicBenefit",
    "RecordManagement",
    "RecruitmentApplicationManagement",
    "RequestedServiceProvision",
    "RightsFulfilment",
    "ServiceMonitoring",
    "ServicePersonalisation",
    "ServiceProvision",
    "ServiceRegistration",
    "ServiceUsageAnalytics",
    "TechnicalServiceProvision",
    "UserInterfacePersonalisation",
)
"""Purposes (https://w3id.org/dpv#…) that a notice may name."""

LEGAL_BASES: dict[str, str] = {
    "Consent": "A6-1-a",
    "Contract": "A6-1-b",
    "LegalObligation": "A6-1-c",
    "PublicInterest": "A6-1-e",
    "LegitimateInterest": "A6-1-f",
}
"""Legal bases (https://w3id.org/dpv#…) with the letter of GDPR Art. 6 (1) (https://w3id.org/dpv/legal/eu/gdpr#…)."""
